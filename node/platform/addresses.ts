import ipaddr from 'ipaddr.js';

/** Which addresses a connection to a peer may end at; everything else is refused (Node §2, SSRF). */
export interface AddressRules {
  /** CIDR ranges beside public unicast that this peer may have, such as `127.0.0.0/8` in the demo. */
  readonly allow: readonly string[];
}

/** `public`: anyone's address on the internet. `allowed`: the administrator named its range. */
export type AddressVerdict = 'public' | 'allowed' | 'refused';

type Address = ReturnType<typeof ipaddr.parse>;

/** Everything that the IANA registries set apart and that could lead inside or somewhere else, beside what ipaddr.js knows. */
const specialRanges: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'carrier-grade NAT'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link local, with the metadata services of clouds'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'protocol assignments'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', '6to4 relays'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarks'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved, with broadcast'],
  ['::/96', 'unspecified, loopback and IPv4-compatible'],
  ['::ffff:0:0/96', 'IPv4-mapped'],
  ['::ffff:0:0:0/96', 'IPv4-translated'],
  ['64:ff9b::/96', 'NAT64: an IPv4 address behind a gateway'],
  ['64:ff9b:1::/48', 'NAT64 of one network'],
  ['100::/64', 'discard'],
  ['2001::/23', 'protocol assignments, with Teredo, ORCHID and benchmarks'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4: an IPv4 address inside'],
  ['3fff::/20', 'documentation'],
  ['5f00::/16', 'segment routing'],
  ['fc00::/7', 'unique local'],
  ['fe80::/10', 'link local'],
  ['fec0::/10', 'site local'],
  ['ff00::/8', 'multicast'],
];
const specials = specialRanges.map(([range]) => ipaddr.parseCIDR(range));
/** The part of IPv6 that is given out to the public (RFC 4291 §2.4, IANA). */
const globalUnicast = ipaddr.parseCIDR('2000::/3');
const loopback = [ipaddr.parseCIDR('127.0.0.0/8'), ipaddr.parseCIDR('::1/128')];

/** Whether a connection may end at this address: `text` as a resolver or a socket spells it. */
export function judgeAddress(text: string, rules: AddressRules): AddressVerdict {
  const address = parseAddress(text);
  if (address === undefined) return 'refused';
  if (rules.allow.some((range) => lies(address, ipaddr.parseCIDR(range)))) return 'allowed';
  if (specials.some((range) => lies(address, range)) || address.range() !== 'unicast') return 'refused';
  return address.kind() === 'ipv4' || lies(address, globalUnicast) ? 'public' : 'refused';
}

/** Whether an address, as a socket or a proxy spells it, lies in one of these ranges; IPv4 also as IPv6 writes it. */
export function isInRanges(text: string, ranges: readonly string[]): boolean {
  const address = parseAddress(text.replace(/^::ffff:(?=\d+\.)/i, ''));
  return address !== undefined && ranges.some((range) => lies(address, ipaddr.parseCIDR(range)));
}

export function isLoopback(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && loopback.some((range) => lies(address, range));
}

/** The address that a URL's host spells out, without the brackets of IPv6; `undefined` for a name. */
export function literalAddressOf(host: string): string | undefined {
  const text = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  return parseAddress(text) === undefined ? undefined : text;
}

/** Whether `text` is a CIDR range in its canonical form, such as `10.20.0.0/16`; for the configuration. */
export function isAddressRange(text: string): boolean {
  try {
    const [address, bits] = ipaddr.parseCIDR(text);
    const network =
      address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text);
    return text === `${network.toString()}/${bits}`;
  } catch {
    return false; // Not a range at all: told like one in another spelling.
  }
}

function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

function lies(address: Address, range: [Address, number]): boolean {
  return address.kind() === range[0].kind() && address.match(range);
}
