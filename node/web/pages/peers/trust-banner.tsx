import type { Child } from 'hono/jsx';
import { listEvidence, readStanding, unwitnessedMsMax } from '../../../exchange-log/standing.ts';
import { Notice } from '../../components/panel.tsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

const minuteMs = 60_000;

/**
 * What breaks trust between hospitals, on every page of an administrator until it is dealt with: a peer whose key changed,
 * a peer that showed two truths, a log that nobody vouches for any more (Spec §2, §6.7).
 */
export async function trustBanner(desk: DeskServices, visit: Visit): Promise<Child> {
  const peers = desk.directory.list();
  const changed = peers.filter(({ state }) => state === 'key-changed');
  const isWitnessed = peers.some(({ state }) => state === 'paired');
  const standing = await desk.store.read((reader) => readStanding(reader, desk.log, visit.now));
  const evidence = (await desk.store.read(listEvidence)).filter(({ kind }) => kind !== 'key-changed');
  const liars = [...new Set(evidence.map(({ peer }) => peer))].filter((name) => {
    const state = desk.directory.find(name)?.state;
    return state === 'paired' || state === 'paused';
  });
  return (
    <>
      {changed.map(({ name, title }) => (
        <Notice
          tone="red"
          role="alert"
          title={
            <>
              The key of <Foreign text={title} /> has changed
            </>
          }
        >
          <p>
            Nothing is sent to it and nothing taken. <a href={url('peer', { peer: name })}>See why, and what to do</a>
          </p>
        </Notice>
      ))}
      {liars.length === 0 ? null : (
        <Notice tone="red" role="alert" title="A peer has shown two truths">
          <p>
            {`${liars.join(', ')}: the evidence is kept. Call the hospital, let an auditor look at it, and pause or block the peer until it is explained.`}{' '}
            <a href={url('peers')}>Peers</a>
          </p>
        </Notice>
      )}
      {isWitnessed && standing.isUnwitnessed ? (
        <Notice tone="amber" title="No peer vouches for the newest entries of the log">
          <p>
            {`For more than ${unwitnessedMsMax / minuteMs} minutes no peer has cosigned it. Referrals go on. `}
            <a href={url('peers')}>See which peers do not answer</a>
          </p>
        </Notice>
      ) : null}
    </>
  );
}
