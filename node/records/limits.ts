/** A CSV file, before it is decoded (Records §1). */
export const csvBytesMax = 10 * 1024 * 1024;
/** Records of a CSV file, the header not counted. */
export const csvRecordsMax = 100_000;
/** One field in UTF-8, of a CSV file or typed by a person: 64 kB. */
export const fieldBytesMax = 64_000;
export const csvColumnsMax = 200;

/** One page of a list. */
export const pageSizeMax = 100;
/** Words of one search; more are refused rather than left out. */
export const searchWordsMax = 6;
/** The longest beginning of a word that the index knows; longer words are found whole. */
export const prefixLettersMax = 16;
export const prefixLettersMin = 3;
/** Words of one patient's names that are indexed. */
export const indexedWordsMax = 32;

/** Others that one record is compared with for each thing they share: a common birth date cannot make an import endless. */
export const candidatesMax = 100;

export const titleBytesMax = 1000;
export const contentTypeBytesMax = 200;

/** Files that come in pieces and are not whole: of one user, and for one patient. */
export const uploadsPerUserMax = 20;
export const uploadsPerPatientMax = 20;
/** Appends under way in one node: each holds one chunk of 8 MiB. */
export const uploadsAtOnceMax = 8;
/** The largest file that a person may upload, until an administrator says otherwise: 20 GiB. */
export const uploadBytesMax = 20 * 1024 ** 3;
/** An upload that nobody goes on with is kept so long: 7 days. */
export const uploadKeptMs = 7 * 24 * 3600 * 1000;

/** A dry run waits so long for a decision, and its rows with errors can be fetched so long: 2 days. */
export const importDraftKeptMs = 2 * 24 * 3600 * 1000;
/** Dry runs of one user that wait for a decision. */
export const importDraftsPerUserMax = 5;
