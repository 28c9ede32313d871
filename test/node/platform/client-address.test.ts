import { describe, expect, test } from 'vitest';
import { openClientAddress } from '../../../node/platform/client-address.ts';

const proxies = ['127.0.0.0/8', '::1/128', '10.1.0.0/16'];

describe('whose request it is', () => {
  test.each([
    ['nobody speaks for another where no proxy is named', '127.0.0.1', '203.0.113.9', [], '127.0.0.1'],
    ['a stranger’s words about himself are not heard', '203.0.113.9', '198.51.100.1', proxies, '203.0.113.9'],
    ['our proxy says whom it speaks for', '127.0.0.1', '203.0.113.9', proxies, '203.0.113.9'],
    [
      'only the last word is the proxy’s own',
      '127.0.0.1',
      '127.0.0.1, 198.51.100.1, 203.0.113.9',
      proxies,
      '203.0.113.9',
    ],
    ['two proxies of ours, one behind the other', '::1', '198.51.100.1, 203.0.113.9, 10.1.2.3', proxies, '203.0.113.9'],
    ['as a socket for both families writes it', '::ffff:127.0.0.1', '2001:db8::7', proxies, '2001:db8::7'],
    ['a proxy that says nothing', '127.0.0.1', undefined, proxies, '127.0.0.1'],
    ['a proxy that says nonsense', '127.0.0.1', 'unknown', proxies, '127.0.0.1'],
    ['several header lines', '127.0.0.1', ['198.51.100.1', '203.0.113.9'], proxies, '203.0.113.9'],
    ['an address in brackets', '127.0.0.1', '[2001:db8::7]', proxies, '2001:db8::7'],
    ['everybody on the way is ours', '127.0.0.1', '10.1.0.1, 10.1.0.2', proxies, '10.1.0.1'],
    ['more hops than there can be', '127.0.0.1', '10.1.0.1,'.repeat(40) + '10.1.0.9', proxies, '10.1.0.1'],
  ] as const)('%s', (_, socket, forwarded, ours, address) => {
    expect(openClientAddress(ours)(socket, forwarded)).toBe(address);
  });
});
