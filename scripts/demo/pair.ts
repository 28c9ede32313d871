import type { Session } from '../../node/cli/session.ts';
import { DemoError } from './demo-error.ts';
import type { Hospital } from './hospitals.ts';

/** A hospital and the way to speak to its node. */
export interface Voice {
  readonly hospital: Hospital;
  readonly session: Session;
}

/**
 * Pairs two hospitals as their administrators do: one opens the other's invitation, each reads out its six words, and
 * each types the three that it is asked for. Gives back the words that were typed.
 */
export async function pair(host: Voice, guest: Voice): Promise<readonly string[]> {
  const { link } = await host.session.plain('peer.invite', {});
  const atGuest = await guest.session.plain('peer.accept', { link });
  const { pairings } = await host.session.plain('peer.list', {});
  const atHost = pairings.find((one) => one.peer === guest.hospital.name && one.words.length > 0);
  if (atHost === undefined) throw new DemoError(`${host.hospital.short} has not heard of ${guest.hospital.short}.`);
  const hostTypes = atHost.type.map((number) => atGuest.words[number - 1] ?? '');
  const guestTypes = atGuest.type.map((number) => atHost.words[number - 1] ?? '');
  await host.session.plain('peer.confirm', { peer: guest.hospital.name, words: hostTypes });
  const { state } = await guest.session.plain('peer.confirm', { peer: host.hospital.name, words: guestTypes });
  if (state !== 'paired') throw new DemoError(`${host.hospital.short} and ${guest.hospital.short} were not paired.`);
  return [...hostTypes, ...guestTypes];
}
