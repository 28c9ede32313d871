import {
  addCheckpointBytesMax,
  answerBytesMax,
  bodyBytesMax,
  cardBytesMax,
  checkpointBytesMax,
  chunkTokenBytesMax,
  commitBytesMax,
  documentTokenBytesMax,
  entriesBytesMax,
  fastPathBytesMax,
  manifestBytesMax,
  pairingBodyBytesMax,
  resyncBytesMax,
  tileBytesMax,
} from './limits.ts';
import { mediaTypes, type MediaType } from './media-types.ts';
import type { RouteName } from './routes.ts';
import type { Method } from './signature.ts';

/**
 * Who may ask: `open` everybody; `signed` a paired peer by its `http` key (tag fernpost/v1); `pairing` the holder of an
 * invitation (tag fernpost-pair/v1); `log` everybody or a Bearer, as the node is set; `auditor` a Bearer; `witness`
 * unsigned, since the checkpoint in the body carries its own signature (Spec §6).
 */
export type Access = 'open' | 'signed' | 'pairing' | 'log' | 'auditor' | 'witness';

/** What a route takes and gives: exact media types and the largest bodies (Spec §0.7, §5). */
export interface Endpoint {
  readonly method: Method;
  readonly access: Access;
  /** Undefined where the request has no body. */
  readonly request: Body | undefined;
  /** Of a success; failures are problems, or an empty 401 or 404. */
  readonly answer: Body;
}

export interface Body {
  /** `any` where another standard leaves the type open. */
  readonly type: MediaType | 'any';
  readonly bytesMax: number;
}

const json = (bytesMax: number): Body => ({ type: mediaTypes.json, bytesMax });
const text = (bytesMax: number): Body => ({ type: mediaTypes.text, bytesMax });
const bytes = (bytesMax: number): Body => ({ type: mediaTypes.bytes, bytesMax });
const answer = json(answerBytesMax);
const get = (access: Access, body: Body): Endpoint => ({ method: 'GET', access, request: undefined, answer: body });
const signed = (method: Method, request: Body | undefined): Endpoint => ({ method, access: 'signed', request, answer });

/** Every route there is: a route without a line here does not compile. */
export const endpoints: Readonly<Record<RouteName, Endpoint>> = {
  getCard: get('open', text(cardBytesMax)),
  putCard: signed('PUT', text(cardBytesMax)),
  pair: { method: 'POST', access: 'pairing', request: json(pairingBodyBytesMax), answer: json(pairingBodyBytesMax) },

  putManifest: signed('PUT', json(manifestBytesMax)),
  putDocument: signed('PUT', text(documentTokenBytesMax)),
  putChunk: signed('PUT', bytes(chunkTokenBytesMax)),
  commit: signed('POST', json(commitBytesMax)),
  putAtOnce: signed('POST', json(fastPathBytesMax)),
  getBundle: signed('GET', undefined),
  deleteBundle: signed('DELETE', undefined),
  resync: signed('POST', json(resyncBytesMax)),

  getCheckpoint: get('log', text(checkpointBytesMax)),
  getTile: get('log', bytes(tileBytesMax)),
  getEntries: get('log', bytes(entriesBytesMax)),
  addCheckpoint: {
    method: 'POST',
    access: 'witness',
    request: { type: 'any', bytesMax: addCheckpointBytesMax },
    answer: text(checkpointBytesMax),
  },
  getWitnessedCheckpoint: get('log', text(checkpointBytesMax)),
  getWitnessedEntries: get('signed', bytes(entriesBytesMax)),
  getAuditRecords: get('auditor', json(bodyBytesMax)),
};

/** Whether the request changes something, so that its nonce is stored in the transaction of the effect (Spec §3). */
export function changesState({ method }: Endpoint): boolean {
  return method !== 'GET';
}
