import { parseUtf8 } from '../../protocol/bytes.ts';
import { findLiveKeys, parseCard } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { formatVkey, noteKey, noteKeyTypes } from '../../protocol/log/note.ts';
import { systemClock } from '../../node/platform/clock.ts';
import { DemoError } from './demo-error.ts';
import type { Member } from './federation.ts';
import { deskUrl, exchangeUrl, type Place } from './hospitals.ts';

/** What the world may know of a hospital, read from its card as a peer does, beside the token of an auditor. */
export async function memberOf(
  place: Place,
  { identityVkey, auditorToken, users }: Pick<Member, 'identityVkey' | 'auditorToken' | 'users'>,
): Promise<Member> {
  const exchange = exchangeUrl(place);
  const answer = await fetch(`${exchange}${targetOf({ name: 'getCard' })}`);
  if (!answer.ok) throw new DemoError(`${place.short} answered ${answer.status} instead of its card.`);
  const card = parseCard(parseUtf8(new Uint8Array(await answer.arrayBuffer())), identityVkey, logCrypto);
  const [log] = card.logs;
  const [witness] = findLiveKeys(card, 'cosign', systemClock.now());
  if (log === undefined || witness === undefined) throw new DemoError(`The card of ${place.short} lacks a key.`);
  return {
    name: place.name,
    title: place.title,
    desk: deskUrl(place),
    exchange,
    origin: log.origin,
    logVkey: formatVkey(log.vkey),
    witnessVkey: formatVkey(noteKey(`${place.name}/witness`, noteKeyTypes.cosignature, witness.key, logCrypto)),
    identityVkey,
    auditorToken,
    dataDir: place.dataDirectory,
    users,
  };
}
