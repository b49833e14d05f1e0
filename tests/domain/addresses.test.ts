import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areInBlocks, canonicalBlock, customerOf, isAddress, isInBlocks } from '../../lib/domain/addresses.ts';

describe('the canonical form', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7/32', '203.0.113.7'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0', '0.0.0.0'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.254/31', '255.255.255.254/31'],
    ['::', '::'],
    ['::/0', '::/0'],
    ['::1/128', '::1'],
    ['2001:DB8::', '2001:db8::'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['::fffe:0:0/95', '::fffe:0:0/95'],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalBlock(text)).toBe(canonical);
    expect(canonicalBlock(canonical)).toBe(canonical);
  });

  it.each([
    '',
    '/8',
    'x',
    '10.0.0',
    '10.0.0.0.0',
    '10.0.0.256',
    '10.0.0.01',
    '0x0a.0.0.1',
    '10.0.0.-1',
    ' 10.0.0.1',
    '10.0.0.1\n',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.1/8',
    '0.0.0.1/0',
    '2001:db8::/129',
    '2001:db8::1/64',
    '::1/0',
    '::ffff:10.0.0.1/104',
    '::ffff:0:0/95',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    '::1.2.3',
    'fe80::1%eth0',
    '[::1]',
    '::1]/[::1',
    'localhost',
  ])('there is none of "%s"', (text) => {
    expect(canonicalBlock(text)).toBeUndefined();
  });
});

it('one address is an address, a block is none', () => {
  const isOne = ['10.0.0.1', '2001:DB8::1', '::ffff:10.0.0.1'].map(isAddress);
  const isNone = ['10.0.0.0/8', '10.0.0.1/32', '2001:db8::/32', '10.0.0', '::1%lo', ''].map(isAddress);
  expect([...isOne, ...isNone]).toEqual([true, true, true, false, false, false, false, false, false]);
});

describe('whether an address is in a block', () => {
  it.each([
    ['10.255.255.255', ['10.0.0.0/8'], true],
    ['11.0.0.0', ['10.0.0.0/8'], false],
    ['9.255.255.255', ['10.0.0.0/8'], false],
    ['203.0.113.7', ['10.0.0.0/8', '203.0.113.7'], true],
    ['203.0.113.8', ['203.0.113.7'], false],
    ['::ffff:10.1.2.3', ['10.0.0.0/8'], true],
    ['::ffff:a01:203', ['10.0.0.0/8'], true],
    ['0:0:0:0:0:ffff:10.1.2.3', ['10.0.0.0/8'], true],
    ['10.1.2.3', ['::/0'], false],
    ['::1', ['0.0.0.0/0'], false],
    ['::1', ['::/0'], true],
    ['255.255.255.255', ['0.0.0.0/0'], true],
    ['2001:DB8:0::1', ['2001:db8::/32'], true],
    ['2001:db9::', ['2001:db8::/32'], false],
    ['10.0.0.0/8', ['10.0.0.0/8'], false],
    ['10.0.0.1', [], false],
    ['', ['0.0.0.0/0'], false],
    ['unknown', ['0.0.0.0/0', '::/0'], false],
    ['10.0.0.1', ['no block', '10.0.0.0/33'], false],
  ])('%s in %j: %s', (address, blocks, isIn) => {
    expect(isInBlocks(address, blocks)).toBe(isIn);
  });
});

/** Addresses, blocks, and texts of the same characters. */
const nearText = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(140)).map((parts) => parts.join('/')),
  fc.string({ unit: fc.constantFrom('0', '1', '9', 'a', 'F', '.', ':', '/', '::'), maxLength: 20 }),
);

/** Any address in a block, and one that differs from it in one bit. */
const neighbours = fc.constantFrom<32 | 128>(32, 128).chain((width) =>
  fc
    .record({ bits: fc.bigInt(0n, 2n ** BigInt(width) - 1n), prefix: fc.nat(width), flipped: fc.nat(width - 1) })
    .map(({ bits, prefix, flipped }) => {
      const rest = BigInt(width - prefix);
      return {
        family: width === 32 ? ('ipv4' as const) : ('ipv6' as const),
        network: textOf((bits >> rest) << rest, width),
        prefix,
        inside: textOf(bits, width),
        near: textOf(bits ^ (1n << BigInt(flipped)), width),
      };
    }),
);

function textOf(bits: bigint, width: 32 | 128): string {
  const { size, radix, separator } =
    width === 32 ? { size: 8, radix: 10, separator: '.' } : { size: 16, radix: 16, separator: ':' };
  const parts = Array.from({ length: width / size }, (_, index) =>
    BigInt.asUintN(size, bits >> BigInt(width - size * (index + 1))).toString(radix),
  );
  return parts.join(separator);
}

describe('as Node.js has it', () => {
  it('is an address what Node.js takes for one', () => {
    fc.assert(
      fc.property(nearText, (text) => {
        expect(isAddress(text)).toBe(isIPv4(text) || isIPv6(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('the canonical form of an IPv6 address is that of Node.js, IPv4-mapped ones aside', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const { address: told } = new SocketAddress({ address: text, family: 'ipv6' });
        const canonical = canonicalBlock(text) ?? expect.fail();
        // Node.js writes addresses that hold an IPv4 address with dots.
        fc.pre(!told.includes('.'));
        expect(canonical).toBe(told);
      }),
      { numRuns: 1_000 },
    );
  });

  it('the canonical form is its own, and of one address alone', () => {
    fc.assert(
      fc.property(nearText, nearText, (one, other) => {
        const [first, second] = [canonicalBlock(one), canonicalBlock(other)];
        fc.pre(first !== undefined);
        expect(canonicalBlock(first)).toBe(first);
        if (first === second) expect(isInBlocks(one, [other])).toBe(isAddress(one));
      }),
      { numRuns: 2_000 },
    );
  });

  it('an address is in a block where a BlockList has it', () => {
    fc.assert(
      fc.property(neighbours, ({ family, network, prefix, inside, near }) => {
        const list = new BlockList();
        list.addSubnet(network, prefix, family);
        const block = canonicalBlock(`${network}/${prefix}`) ?? expect.fail();
        expect(isInBlocks(inside, [block])).toBe(true);
        expect(isInBlocks(near, [block])).toBe(list.check(near, family));
        if (family === 'ipv4') expect(isInBlocks(`::ffff:${near}`, [block])).toBe(list.check(near, family));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('blocks', () => {
  it.each([
    [[], []],
    [[], ['10.0.0.0/8']],
    [['10.1.0.0/16', '10.2.3.4'], ['10.0.0.0/8']],
    [['10.0.0.0/8'], ['::1', '10.0.0.0/8']],
    [['::ffff:10.0.0.1'], ['10.0.0.0/8']],
    [['2001:db8:1::/48'], ['2001:db8::/32']],
  ])('%j are in %j', (some, others) => {
    expect(areInBlocks(some, others)).toBe(true);
  });

  it.each([
    [['10.0.0.0/8'], []],
    [['10.0.0.0/8'], ['10.0.0.0/9', '10.128.0.0/9']],
    [['10.0.0.0/8', '11.0.0.0/8'], ['10.0.0.0/8']],
    [['10.0.0.0/8'], ['::/0']],
    [['0.0.0.0/0'], ['10.0.0.0/8']],
  ])('%j are not in one of %j', (some, others) => {
    expect(areInBlocks(some, others)).toBe(false);
  });
});

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  ['2001:DB8:1:2::', '2001:db8:1:2::'],
  ['::1', '::'],
  ['', ''],
  ['test-invoke-source-ip', ''],
  ['203.0.113.0/24', ''],
])('requests from %j are counted as those from %j', (address, customer) => {
  expect(customerOf(address)).toBe(customer);
});
