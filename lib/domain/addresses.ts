import { oncePerList } from './lists.ts';

/** A range of addresses with the same first `prefix` bits. */
interface Range {
  /** The first address. */
  readonly bits: bigint;
  /** Bits of an address: 32 or 128. */
  readonly width: number;
  readonly prefix: number;
}

/** The first bits of IPv6 addresses that stand for IPv4 addresses: `::ffff:0:0/96`. */
const mapped = 0xffffn;

/**
 * @returns the canonical form of an IPv4 or IPv6 address or CIDR block. An IPv4-mapped IPv6 address becomes IPv4.
 * undefined if the text is neither, or has other bits than zero after the prefix
 * @see https://www.rfc-editor.org/rfc/rfc5952
 */
export function canonicalBlock(text: string): string | undefined {
  const range = rangeOf(text);
  if (!range || firstOf(range) !== range.bits) return undefined;
  return range.prefix === range.width ? format(range) : `${format(range)}/${range.prefix}`;
}

/** Whether a text is one IPv4 or IPv6 address. */
export function isAddress(text: string): boolean {
  return !text.includes('/') && rangeOf(text) !== undefined;
}

/** Whether an address, in any form, is in one of these blocks. A text that is not an address is in none. */
export function isInBlocks(address: string, blocks: readonly string[]): boolean {
  const own = isAddress(address) ? rangeOf(address) : undefined;
  return own !== undefined && rangesOf(blocks).some((block) => isWithin(own, block));
}

/** Whether every address of the first blocks is in one block of the others. */
export function areInBlocks(blocks: readonly string[], others: readonly string[]): boolean {
  return rangesOf(blocks).every((own) =>
    rangesOf(others).some((block) => own.prefix >= block.prefix && isWithin(own, block)),
  );
}

/** IPv6 addresses with this many common first bits belong to one customer. */
const customerPrefix = 64;

/**
 * @returns what identifies a customer for counting: an IPv4 address, or the first 64 bits of an IPv6 address; an empty
 * text for a text that is not an address
 */
export function customerOf(address: string): string {
  const range = isAddress(address) ? rangeOf(address) : undefined;
  if (!range) return '';
  const prefix = range.width === 32 ? 32 : customerPrefix;
  return format({ ...range, bits: firstOf({ ...range, prefix }) });
}

const rangesOf = oncePerList(rangeOf);

function isWithin({ bits, width }: Range, block: Range): boolean {
  return block.width === width && firstOf({ bits, width, prefix: block.prefix }) === block.bits;
}

function firstOf({ bits, width, prefix }: Range): bigint {
  const shift = BigInt(width - prefix);
  return (bits >> shift) << shift;
}

function rangeOf(text: string): Range | undefined {
  const [, address = '', length] = /^([0-9a-f:.]+)(?:\/(0|[1-9]\d{0,2}))?$/i.exec(text) ?? [];
  const width = address.includes(':') ? 128 : 32;
  const prefix = length === undefined ? width : Number(length);
  const bits = width === 32 ? ipv4Bits(address) : ipv6Bits(address);
  if (bits === undefined || prefix > width) return undefined;
  if (width === 128 && bits >> 32n === mapped && prefix >= 96)
    return { bits: bits & 0xffff_ffffn, width: 32, prefix: prefix - 96 };
  return { bits, width, prefix };
}

function ipv4Bits(address: string): bigint | undefined {
  const parts = address.split('.');
  const isRight = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return isRight ? joined(parts.map(Number), 8n) : undefined;
}

function ipv6Bits(address: string): bigint | undefined {
  const whole = canonicalIpv6(address);
  if (whole === undefined) return undefined;
  const [head = [], tail = []] = whole.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return joined(
    [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16)),
    16n,
  );
}

function joined(parts: readonly number[], size: bigint): bigint {
  return parts.reduce((bits, part) => (bits << size) | BigInt(part), 0n);
}

function format({ bits, width }: Range): string {
  const part = (size: bigint, index: number) => (bits >> (size * BigInt(index))) & ((1n << size) - 1n);
  if (width === 32) return [3, 2, 1, 0].map((index) => part(8n, index)).join('.');
  const groups = [7, 6, 5, 4, 3, 2, 1, 0].map((index) => part(16n, index).toString(16));
  return canonicalIpv6(groups.join(':')) ?? '';
}

/** The form of an IPv6 address in URLs: hexadecimal, without the longest row of zeros. */
function canonicalIpv6(address: string): string | undefined {
  return URL.parse(`http://[${address}]`)?.hostname.slice(1, -1);
}
