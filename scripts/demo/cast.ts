import type { Session } from '../../node/cli/session.ts';
import { DemoError } from './demo-error.ts';
import type { Buckets } from './buckets.ts';
import type { Member } from './federation.ts';
import type { Hospital, Place } from './hospitals.ts';
import { makeHospital } from './make-hospital.ts';
import { memberOf } from './members.ts';
import { findNode, startNode, type NodeProcess } from './node-process.ts';
import { pair } from './pair.ts';
import { addUsers } from './users.ts';

/** A hospital on the stage: its place, its process and the way to speak to it. */
export interface Actor {
  readonly place: Place;
  readonly process: NodeProcess;
  readonly session: Session;
}

/** The processes of a demo, so that whatever happens none is left behind. */
export type Processes = Map<Place, NodeProcess>;

/** Makes the nodes side by side; gives back their identities by name. */
export async function makeAll(
  places: readonly Place[],
  buckets: Buckets | undefined,
): Promise<ReadonlyMap<string, string>> {
  const made = places.map(async (place) => [place.name, await makeHospital(place, buckets)] as const);
  return new Map(await Promise.all(made));
}

/** Starts the nodes side by side and fails with the words of the first that does not start. */
export async function startAll(places: readonly Place[], processes: Processes): Promise<readonly Actor[]> {
  return await Promise.all(places.map((place) => startOne(place, processes)));
}

async function startOne(place: Place, processes: Processes): Promise<Actor> {
  const process = startNode(place);
  processes.set(place, process);
  const state = await process.ready;
  if (state !== 'ready') {
    const why = state.kind === 'failed' ? state.problem.message : `it was ${state.kind}`;
    throw new DemoError(`${place.short} does not start: ${why}`);
  }
  const session = await findNode(place);
  if (session === undefined) throw new DemoError(`${place.short} has started and does not answer.`);
  return { place, process, session };
}

export async function stopAll(processes: Processes): Promise<void> {
  await Promise.all([...processes.values()].map((process) => process.stop()));
}

/** Pairs everybody with everybody: with the typed words, they are witnesses of each other's logs as well. */
export async function pairTriangle(actors: readonly Actor[]): Promise<void> {
  const voices = actors.map(({ place, session }) => ({ hospital: place, session }));
  const pairs = voices.flatMap((host, index) => voices.slice(index + 1).map((guest) => pair(host, guest)));
  await Promise.all(pairs);
}

/** Gives each hospital its users and an auditor from outside, and tells what they have to know. */
export async function membersOf(
  actors: readonly Actor[],
  identities: ReadonlyMap<string, string>,
): Promise<readonly Member[]> {
  return await Promise.all(
    actors.map(async ({ place, session }) => {
      const { token } = await session.plain('token.issue', { label: 'demo auditor' });
      const users = await addUsers(session, place);
      return await memberOf(place, { identityVkey: identities.get(place.name) ?? '', auditorToken: token, users });
    }),
  );
}

export function actorOf(actors: readonly Actor[], hospital: Hospital): Actor {
  const actor = actors.find(({ place }) => place.key === hospital.key);
  if (actor === undefined) throw new DemoError(`${hospital.short} is not there.`);
  return actor;
}
