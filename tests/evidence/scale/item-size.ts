/**
 * @returns how many bytes DynamoDB counts for an item; a number as long as its digits, trailing zeros included
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSize(item: object): number {
  return sumOf(Object.entries(item).map(([name, value]) => Buffer.byteLength(name) + sizeOf(value)));
}

/** A list or a map takes 3 bytes, and one for each thing in it. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(Math.abs(value)).length / 2) + (value < 0 ? 2 : 1);
  if (Array.isArray(value)) return 3 + sumOf(value.map((each) => 1 + sizeOf(each)));
  if (typeof value === 'object' && value !== null) return 3 + Object.keys(value).length + itemSize(value);
  return 1;
}

function sumOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Units of a write, which counts the larger of the item before and after it. */
export function writeUnits(bytes: number): number {
  return Math.ceil(bytes / 1_024);
}

/** Units of a strongly consistent read. */
export function readUnits(bytes: number): number {
  return Math.ceil(bytes / 4_096);
}
