/** Limits of a bundle (Spec bundle §2, Spec §4). Each is asked before anything that costs more is done. */
export const manifestBytesMax = 256 * 1024;
/** The document's plaintext: the FHIR message or the notice. */
export const documentBytesMax = 5 * 1024 * 1024;
export const entriesMax = 5000;
export const jsonDepthMax = 40;
export const jsonNodesMax = 1_000_000;
export const jsonStringBytesMax = 1024 * 1024;
export const attachmentsMax = 100;
export const chunkBytes = 8_388_608;
/** 64 GiB in one attachment: far above any film, far below what a number cannot hold. */
export const attachmentBytesMax = 64 * 1024 ** 3;
/** Chunks are worked through in pieces of this size, with a turn for others between them. */
export const pieceBytes = 256 * 1024;
