/** The media types between nodes, compared as exact bytes (Spec §0.7). */
export const mediaTypes = {
  json: 'application/json',
  problem: 'application/problem+json',
  text: 'text/plain; charset=utf-8',
  bytes: 'application/octet-stream',
  logSize: 'text/x.tlog.size',
} as const;

export type MediaType = (typeof mediaTypes)[keyof typeof mediaTypes];

const all: ReadonlySet<string> = new Set(Object.values(mediaTypes));

export function isMediaType(text: string): text is MediaType {
  return all.has(text);
}
