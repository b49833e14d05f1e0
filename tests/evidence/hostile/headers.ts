import fc from 'fast-check';
import { anyJson, anyText, casedBy, mostly } from './values.ts';

/** What is different about the headers of a request. */
export interface HeadersPlan {
  /** headers more, or in the place of those of that name */
  readonly more: readonly (readonly [name: string, value: unknown])[];
  readonly without: string;
  /** which letters of the names are in upper case */
  readonly casing: number;
  /** which of the two maps of a REST API's event there are */
  readonly maps: 'both' | 'headers' | 'multiValueHeaders' | 'none' | 'null';
}

const names = ['X-Correlation-ID', 'X-Request-ID', 'Idempotency-Key', 'Content-Type', 'X-Forwarded-For', 'Accept'];
const one = fc.oneof(
  fc.tuple(fc.constantFrom('Idempotency-Key'), fc.constantFrom('order-1', 'x'.repeat(255))),
  fc.tuple(fc.constantFrom(...names), anyText),
  fc.tuple(fc.constantFrom(...names, 'Authorization', 'x-api-key'), fc.array(anyText, { maxLength: 3 })),
  fc.tuple(fc.constantFrom(...names, 'Authorization'), anyJson),
  fc.tuple(fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', ''), anyText), anyJson),
  fc.tuple(fc.constantFrom('X-Correlation-ID', 'X-Request-ID'), fc.string({ unit: 'grapheme-ascii', maxLength: 130 })),
  fc.tuple(
    fc.constantFrom('Content-Type'),
    fc.constantFrom<unknown>(
      'application/json;charset=UTF-8',
      'application/json; charset=latin1',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=a',
      'application/json, text/plain',
      ['application/json', 'application/json'],
      'application/json\r\nX: 1',
      '',
      null,
    ),
  ),
  fc.constantFrom<[string, unknown]>(
    ['Content-Encoding', 'gzip'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['X-Forwarded-Host', 'evil.test'],
    ['Host', 'evil.test'],
    ['Expect', '100-continue'],
    ['Transfer-Encoding', 'chunked'],
  ),
);

export const headers: fc.Arbitrary<HeadersPlan> = fc.record({
  more: mostly<HeadersPlan['more']>(fc.constant([]), fc.array(one, { maxLength: 3 }), 4),
  without: mostly(fc.constant(''), fc.constantFrom('Authorization', 'Content-Type'), 24),
  casing: mostly(fc.constant(0), fc.nat(), 2),
  maps: mostly(
    fc.constant<HeadersPlan['maps']>('both'),
    fc.constantFrom('headers', 'multiValueHeaders', 'headers', 'none', 'null'),
    12,
  ),
});

/** @returns the headers of a request, with what is different about them; an HTTP API knows texts only */
export function headersFrom(
  usual: Readonly<Record<string, string>>,
  { more, without, casing }: HeadersPlan,
  gateway: string,
): Record<string, string | readonly string[]> {
  const all = [...Object.entries(usual).filter(([name]) => name !== without), ...more];
  const handedOver = (value: unknown) => (gateway === 'rest' ? (value as string) : textsOf(value));
  return Object.fromEntries(all.map(([name, value]) => [casing ? casedBy(casing, name) : name, handedOver(value)]));
}

function textsOf(value: unknown): string[] {
  return [value].flat().map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
}

/** Takes away what maps of headers there are not, in place. */
export function keepMaps(event: object, maps: HeadersPlan['maps']): void {
  if (maps === 'both') return;
  for (const name of ['headers', 'multiValueHeaders'].filter((name) => name !== maps)) {
    if (maps === 'null') Object.assign(event, { [name]: null });
    else Reflect.deleteProperty(event, name);
  }
}
