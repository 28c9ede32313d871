import { describe, expect, test } from 'vitest';
import { isAddressRange, isLoopback, judgeAddress, literalAddressOf } from '../../../node/platform/addresses.ts';

const strict = { allow: [] };

describe('in strict mode', () => {
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '93.184.216.34',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2001:200::1',
    '2606:4700:4700::1111',
    '2a00:1450:4001:81b::200e',
    '2003::1',
  ])('%s is public', (address) => {
    expect(judgeAddress(address, strict)).toBe('public');
  });

  test.each([
    ['0.0.0.0', 'this host'],
    ['0.1.2.3', 'this network'],
    ['10.0.0.0', 'private'],
    ['10.255.255.255', 'private'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['100.127.255.255', 'carrier-grade NAT'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'metadata of clouds'],
    ['169.254.0.1', 'link local'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.0.8', 'protocol assignments'],
    ['192.0.2.1', 'documentation'],
    ['192.31.196.1', 'AS112'],
    ['192.52.193.1', 'AMT'],
    ['192.88.99.1', '6to4 relay'],
    ['192.168.1.1', 'private'],
    ['192.175.48.1', 'AS112'],
    ['198.18.0.1', 'benchmarks'],
    ['198.19.255.255', 'benchmarks'],
    ['198.51.100.7', 'documentation'],
    ['203.0.113.9', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::7f00:1', 'IPv4-compatible loopback'],
    ['::ffff:127.0.0.1', 'IPv4-mapped loopback'],
    ['::ffff:8.8.8.8', 'IPv4-mapped public'],
    ['::ffff:a9fe:a9fe', 'IPv4-mapped metadata'],
    ['::ffff:0:127.0.0.1', 'IPv4-translated'],
    ['64:ff9b::7f00:1', 'NAT64 of loopback'],
    ['64:ff9b::808:808', 'NAT64 of a public address'],
    ['64:ff9b:1::1', 'NAT64 of one network'],
    ['100::1', 'discard'],
    ['2001::1', 'Teredo'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'Teredo'],
    ['2001:2::1', 'benchmarks'],
    ['2001:10::1', 'ORCHID'],
    ['2001:20::1', 'ORCHID 2'],
    ['2001:db8::1', 'documentation'],
    ['2002:7f00:1::1', '6to4 of loopback'],
    ['2002:a9fe:a9fe::1', '6to4 of metadata'],
    ['2002:808:808::1', '6to4 of a public address'],
    ['3fff::1', 'documentation'],
    ['3fff:fff::1', 'documentation'],
    ['4000::1', 'not given out'],
    ['5f00::1', 'segment routing'],
    ['fc00::1', 'unique local'],
    ['fd12:3456:789a::1', 'unique local'],
    ['fe80::1', 'link local'],
    ['fe80::1%eth0', 'link local with a zone'],
    ['fec0::1', 'site local'],
    ['ff02::1', 'multicast'],
    ['', 'nothing'],
    ['localhost', 'a name'],
    ['127.1', 'a short spelling'],
    ['0x7f.1', 'a hexadecimal spelling'],
    ['2130706433', 'a decimal spelling'],
    ['0177.0.0.1', 'an octal spelling'],
    ['1.2.3.4.5', 'too many parts'],
  ])('%s is refused (%s)', (address) => {
    expect(judgeAddress(address, strict)).toBe('refused');
  });
});

test.each([
  ['10.20.30.40', ['10.20.0.0/16'], 'allowed'],
  ['10.21.0.1', ['10.20.0.0/16'], 'refused'],
  ['127.0.0.1', ['127.0.0.0/8'], 'allowed'],
  ['::1', ['127.0.0.0/8'], 'refused'],
  ['::1', ['::1/128'], 'allowed'],
  ['::ffff:127.0.0.1', ['127.0.0.0/8'], 'refused'],
  ['fd00::5', ['10.0.0.0/8', 'fd00::/8'], 'allowed'],
  ['8.8.8.8', ['10.0.0.0/8'], 'public'],
])('%s with the ranges %j is %s', (address, allow, verdict) => {
  expect(judgeAddress(address, { allow })).toBe(verdict);
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['[::1]', '::1'],
  ['alder.example', undefined],
  ['localhost', undefined],
])('the host %s spells out the address %s', (host, address) => {
  expect(literalAddressOf(host)).toBe(address);
});

test.each([
  ['10.20.0.0/16', true],
  ['127.0.0.0/8', true],
  ['::1/128', true],
  ['fd00::/8', true],
  ['10.20.0.1/16', false],
  ['10.20.0.0', false],
  ['10.20.0.0/33', false],
  ['010.0.0.0/8', false],
  ['example.org/8', false],
  ['', false],
])('"%s" is a range: %s', (text, expected) => {
  expect(isAddressRange(text)).toBe(expected);
});

test('loopback is told apart from everything else', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1'].map(isLoopback)).toEqual([true, true, true]);
  expect(['128.0.0.1', '::2', '::ffff:127.0.0.1', 'localhost'].map(isLoopback)).toEqual([false, false, false, false]);
});
