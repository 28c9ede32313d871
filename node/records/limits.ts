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
