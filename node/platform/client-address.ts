import { isInRanges, literalAddressOf } from './addresses.ts';

/** More hops than this are somebody's invention. */
const hopsMax = 16;

/**
 * Whose request it is: the address of the socket, or where that is one of our proxies, what this proxy wrote last into
 * `X-Forwarded-For`, and so on while proxies of ours speak. What stands before them may be anybody's words (Node §6).
 */
export type ClientAddress = (
  socketAddress: string | undefined,
  forwardedFor: string | readonly string[] | undefined,
) => string;

/** `proxies` are the CIDR ranges of our own. */
export function openClientAddress(proxies: readonly string[]): ClientAddress {
  return (socketAddress = '', forwardedFor) => {
    let address = socketAddress;
    for (const hop of hopsOf(forwardedFor)) {
      if (!isInRanges(address, proxies)) return address;
      const next = literalAddressOf(hop);
      if (next === undefined) return address;
      address = next;
    }
    return address;
  };
}

/** The last first. */
function hopsOf(forwardedFor: string | readonly string[] | undefined): readonly string[] {
  const text = typeof forwardedFor === 'string' ? forwardedFor : (forwardedFor ?? []).join(',');
  if (text === '') return [];
  return text
    .split(',')
    .slice(-hopsMax)
    .map((hop) => hop.trim())
    .toReversed();
}
