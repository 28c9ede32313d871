import { equalBytes } from '../../protocol/bytes.ts';
import { isLive, type CardKey } from '../../protocol/card.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { parsePublicKey, verifySignature } from '../../protocol/crypto/sign.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { contentDigest } from '../../protocol/http/digest.ts';
import { changesState, endpoints, type Endpoint } from '../../protocol/http/endpoints.ts';
import type { Fields } from '../../protocol/http/fields.ts';
import { lifetimeSecondsMax, nonceBytes } from '../../protocol/http/limits.ts';
import type { Route } from '../../protocol/http/routes.ts';
import {
  isFresh,
  parseRequestSignature,
  signResponse,
  verifyParsed,
  type ParsedRequest,
  type SignedRequest,
} from '../../protocol/http/signature.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { Peer } from '../peers/directory.ts';
import { codeOfFailure, problemAnswer, Refusal, type DoorAnswer, type GuardedWrite } from '../referrals/answers.ts';
import type { DoorPorts } from './door-ports.ts';
import { strangersAnswer, type IncomingRequest, type OutgoingAnswer } from './message.ts';
import { answerSigned } from './signed-routes.ts';

/** A request whose signature holds under a live key of a paired peer. */
export interface VerifiedRequest {
  readonly peer: Peer;
  readonly route: Route;
  readonly endpoint: Endpoint;
  readonly parsed: ParsedRequest;
  /** Of the body; 0 where there is none. */
  readonly size: number;
  readonly incoming: IncomingRequest;
}

/**
 * The routes of paired peers, with the order of checks of Spec §3. Until the signature holds, every failure is the
 * stranger's one 401; after it every answer is signed and says why.
 */
export async function answerPeer(
  ports: DoorPorts,
  route: Route,
  fields: Fields,
  size: number,
  incoming: IncomingRequest,
): Promise<OutgoingAnswer> {
  const endpoint = endpoints[route.name];
  const verified = verify(ports, route, fields, size, incoming);
  if (verified === undefined) return strangersAnswer;
  const { parsed, peer } = verified;
  const guard = guardOf(ports, verified);
  let answer: DoorAnswer;
  try {
    answer = await answerVerified(ports, verified, fields, guard.write);
  } catch (error) {
    answer = answerOfError(ports, error, peer);
  }
  if (changesState(endpoint) && !guard.used()) answer = await useNonce(ports, guard, answer, peer);
  return signedAnswer(ports, answer, parsed.request);
}

function verify(
  ports: DoorPorts,
  route: Route,
  fields: Fields,
  size: number,
  incoming: IncomingRequest,
): VerifiedRequest | undefined {
  try {
    const { method, target } = incoming;
    const parsed = parseRequestSignature({ method, targetUri: ports.own.url + target, fields });
    const peer = ports.directory.find(parsed.keyid.name);
    const key = peer === undefined ? undefined : findHttpKey(peer, parsed, ports.clock.now());
    if (peer === undefined || key === undefined) {
      // As much work as for a peer: how long the 401 takes tells nobody who is known here (Node §2).
      verifySignature(parsePublicKey(ports.own.httpKey.publicKey), parsed.base, parsed.signature);
      return undefined;
    }
    verifyParsed(parsed, parsePublicKey(key.key), verifySignature);
    return { peer, route, endpoint: endpoints[route.name], parsed, size, incoming };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    ports.diagnostics.info('signature-refused', { code: error.code, route: route.name });
    return undefined;
  }
}

function findHttpKey({ state, card }: Peer, { keyid }: ParsedRequest, now: Instant): CardKey | undefined {
  if (state !== 'paired' && state !== 'paused') return undefined;
  return card.keys.find((each) => each.use === 'http' && equalBytes(each.key, keyid.key) && isLive(each, now));
}

async function answerVerified(
  ports: DoorPorts,
  verified: VerifiedRequest,
  fields: Fields,
  write: GuardedWrite,
): Promise<DoorAnswer> {
  const { peer, parsed, endpoint, size } = verified;
  const now = ports.clock.now();
  if (!isFresh(parsed, now)) throw new Refusal('NET_CLOCK', { time: now });
  ports.directory.spoke(peer.name);
  if (changesState(endpoint) && (await ports.nonces.seen(parsed))) throw new Refusal('NET_NONCE_SEEN');
  if (fields['content-encoding'] !== undefined) throw new Refusal('SEND_ENCODED');
  const wanted = endpoint.request?.type;
  if (wanted !== undefined && wanted !== 'any' && fields['content-type'] !== wanted)
    throw new Refusal('SEND_MEDIA_TYPE');
  if (peer.state === 'paused') throw new Refusal('REC_PAUSED');
  const end = ports.quotas.begin(peer.name);
  if (end === undefined) throw new Refusal('SEND_TOO_OFTEN');
  try {
    if (size > 0 && !ports.quotas.takeBytes(peer.name, size)) throw new Refusal('REC_QUOTA');
    return await answerSigned(ports, verified, write);
  } finally {
    end();
  }
}

interface Guard {
  readonly write: GuardedWrite;
  used(): boolean;
}

/** Stores the nonce in the transaction of the effect: a replay finds it, whatever became of the answer (Spec §3). */
function guardOf(ports: DoorPorts, { parsed }: VerifiedRequest): Guard {
  let used = false;
  return {
    used: () => used,
    write: async (change) => {
      if (used) throw new Error('a request has one effect');
      const written = await ports.nonces.write(parsed, change);
      if (written === undefined) throw new Refusal('NET_NONCE_SEEN');
      used = true;
      return written.result;
    },
  };
}

/** The answer is a refusal, or changed nothing: its nonce is used up all the same. */
async function useNonce(ports: DoorPorts, guard: Guard, answer: DoorAnswer, peer: Peer): Promise<DoorAnswer> {
  try {
    await guard.write(async () => undefined);
    return answer;
  } catch (error) {
    return error instanceof Refusal && error.code === 'NET_NONCE_SEEN' && answer.status < 400
      ? answerOfError(ports, error, peer)
      : answer;
  }
}

function answerOfError(ports: DoorPorts, error: unknown, peer: Peer): DoorAnswer {
  const ref = ports.newRef();
  if (error instanceof Refusal) {
    ports.diagnostics.info('request-refused', { ref, code: error.code, peer: peer.name });
    return problemAnswer(error.code, ref, error.details);
  }
  ports.diagnostics.error('request-failed', error, { ref, peer: peer.name });
  return problemAnswer(codeOfFailure(error), ref);
}

/** Signs an answer and binds it to its request (Spec §3). */
export function signedAnswer(
  ports: Pick<DoorPorts, 'own' | 'clock' | 'random'>,
  answer: DoorAnswer,
  request: SignedRequest,
): OutgoingAnswer {
  const digest = contentDigest(sha256(answer.body));
  const created = instantOfMs(Math.floor(ports.clock.now() / 1000) * 1000);
  const parameters = {
    created,
    expires: instantOfMs(created + lifetimeSecondsMax * 1000),
    nonce: ports.random.bytes(nonceBytes),
    keyid: { name: ports.own.name, key: ports.own.httpKey.publicKey },
  };
  const content = { digest, type: answer.type };
  const fields = signResponse({ status: answer.status, content }, request, parameters, (base) =>
    ports.own.httpKey.sign(base),
  );
  const headers: Record<string, string> = {
    'content-type': answer.type,
    'content-digest': digest,
    'content-length': String(answer.body.length),
    ...fields,
  };
  if (answer.retryAfterSeconds !== undefined) headers['retry-after'] = String(answer.retryAfterSeconds);
  return { status: answer.status, headers, body: answer.body };
}
