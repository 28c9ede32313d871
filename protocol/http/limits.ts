/** Every limit of what crosses between nodes, in one place (Spec §3 to §6; the reasons are in its section on threats). */

const kib = 1024;
const mib = 1024 * kib;
const gib = 1024 * mib;

/** Header block of a request or an answer. */
export const headerBytesMax = 16 * kib;

/** A signature's `expires - created` (Spec §3). */
export const lifetimeSecondsMax = 60;
/** Two hospitals' clocks may differ by this much (Spec §3). */
export const skewMs = 30_000;
/** A nonce is random bytes of this size (Spec §3). */
export const nonceBytes = 16;
/** Signature-Input, longest name and key included. */
export const signatureInputBytesMax = 1024;
/** Request target, path and query. */
export const targetBytesMax = 2 * kib;
/** After a restore: requests signed until this long after the restart are refused (Spec §3). */
export const restoredCreatedMs = 30_000;
/** After a restore: for this long after the restart (Spec §3). */
export const restoredQuarantineMs = 90_000;

export const cardBytesMax = 64 * kib;
export const pairingBodyBytesMax = 64 * kib;
export const manifestBytesMax = 256 * kib;
/** Plaintext of a document, after decompression. */
export const documentPlaintextBytesMax = 5 * mib;
/** A document's text token: base64url of version, time, IV, padded plaintext and MAC. */
export const documentTokenBytesMax = 4 * Math.ceil((57 + documentPlaintextBytesMax + 16) / 3);
export const chunkPlaintextBytes = 8 * mib;
/** A chunk's raw token: 57 bytes and one block of padding around the plaintext (Spec §4). */
export const chunkTokenBytesMax = chunkPlaintextBytes + 73;
export const commitBytesMax = 256 * kib;
/** The fast path's whole body (Spec §5). */
export const fastPathBytesMax = 10 * mib;
export const resyncBytesMax = 256 * kib;
export const addCheckpointBytesMax = 64 * kib;
/** Any JSON answer between nodes. */
export const answerBytesMax = 256 * kib;
/** A problem (RFC 9457) with the longest proof or receipt in it. */
export const problemBytesMax = 256 * kib;
/** A checkpoint with its 16 signature lines. */
export const checkpointBytesMax = 64 * kib;
export const tileBytesMax = 256 * 32;
export const entriesBytesMax = 256 * kib;
/** No route takes or gives more than this in one body. */
export const bodyBytesMax = 64 * mib;
/** Plaintext of any one token. */
export const tokenPlaintextBytesMax = 64 * mib;

export const attachmentsMax = 100;
/** Chunks of one attachment: what a bundle of `bundlePlaintextBytesMax` can need. */
export const chunksMax = 131_072;
/** Plaintext of all parts of a bundle, whatever a card says. */
export const bundlePlaintextBytesMax = chunksMax * chunkPlaintextBytes;
/** Entries of a log in one tail or one answer (Spec §6). */
export const tailEntriesMax = 1024;
/** Chunks on their way at once (Spec §5). */
export const chunkWindow = 8;

/** A body that stands still this long ends with 408. */
export const idleBodyMs = 30_000;
/** A peer's Retry-After is honoured up to this (Spec §3). */
export const retryAfterMsMax = 5 * 60_000;
/** An incomplete transfer expires this long after its last PUT (Spec §5). */
export const transferIdleMs = 7 * 24 * 3_600_000;

/** Per peer (Spec §5); more than that is 429, of bytes a day 507. */
export const requestsPerSecondMax = 100;
export const requestsAtOnceMax = 32;
export const openTransfersMax = 16;
export const leavesPerDayMax = 20_000;
export const bytesPerDayMax = 64 * gib;
export const noticesPerBundleMax = 20;
/** Pairings begun and pairing requests failed, per address (Spec §2). */
export const pairingPerMinuteMax = 5;
/** add-checkpoint, per origin (Spec §6). */
export const addCheckpointPerSecondMax = 5;
