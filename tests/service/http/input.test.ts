import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headersOf } from '../../../lib/base/headers.ts';
import type { App } from '../../../lib/domain/app.ts';
import type { ErrorCode } from '../../../lib/domain/errors.ts';
import { requirePrototypes } from '../../evidence/hostile/checks.ts';
import { expectRefusal, hrnOf, startService, type TestReply, type TestService } from '../../support/service.ts';

let service: TestService;
let app: App;

beforeAll(async () => {
  service = await startService({ keys: { maxPerApp: 50 } });
  app = await service.seed();
});

afterAll(requirePrototypes);

async function expectUnchanged(send: () => Promise<TestReply>, code: ErrorCode): Promise<void> {
  await refused(send, code);
}

async function refused(send: () => Promise<TestReply>, code: ErrorCode): Promise<TestReply> {
  const before = await service.item(app);
  const reply = await send();
  expectRefusal(reply, code);
  expect(await service.item(app)).toEqual(before);
  return reply;
}

describe('headers and body, in this order', () => {
  it('400003 without Content-Type', () =>
    expectUnchanged(() => service.generate(app, '{', { 'Content-Type': [] }), '400003'));

  it.each([
    'text/plain',
    'application/jsonp',
    'application/json; charset=latin1',
    'application/merge-patch+json',
    'application/x-www-form-urlencoded',
    'json',
  ])('400004 for Content-Type %s', (type) =>
    expectUnchanged(() => service.generate(app, { name: 'x' }, { 'Content-Type': type }), '400004'),
  );

  it('400004 for two of them', () =>
    expectUnchanged(
      () => service.generate(app, { name: 'x' }, { 'Content-Type': ['application/json', 'application/json'] }),
      '400004',
    ));

  it.each([
    'application/json;charset=UTF-8',
    'APPLICATION/JSON',
    'application/json ; charset="utf-8"',
    'application/json; v=1',
  ])('201 for Content-Type %s', async (type) =>
    expect((await service.generate(app, { name: 'x' }, { 'Content-Type': type })).statusCode).toBe(201),
  );
});

describe('security 14: what is no small JSON object', () => {
  const bad: [string, unknown, ErrorCode][] = [
    ['no body', null, '400002'],
    ['an empty body', '', '400002'],
    ['white space', ' \n ', '400002'],
    ['a byte order mark', '\uFEFF{"name":"x"}', '400002'],
    ['a broken object', '{"name":', '400002'],
    ['two objects', '{"name":"x"}{}', '400002'],
    ['a comment', '{"name":"x"} // no', '400002'],
    ['single quotes', "{'name':'x'}", '400002'],
    ['NaN', '{"name":"x","expiresAt":NaN}', '400002'],
    ['null', 'null', '400200'],
    ['a list', '[]', '400200'],
    ['text', '"name"', '400200'],
    ['a number', '1', '400200'],
    ['nesting of 9', `{"name":"x","more":${'['.repeat(8)}${']'.repeat(8)}}`, '400200'],
    ['nesting of 8000', '['.repeat(8000) + ']'.repeat(8000), '400200'],
    ['16 KB of a string that does not end', `"${'\\"'.repeat(8_190)}`, '400002'],
    ['16 KB and a byte', `{"name":"x"${' '.repeat(16_373)}}`, '413000'],
    ['20 KB of broken JSON', 'x'.repeat(20_000), '413000'],
  ];
  it.each(bad)('%s', (_, body, code) => expectUnchanged(() => service.generate(app, body), code));

  it('many lists beside one another are not nested', async () => {
    expectRefusal(await service.generate(app, { name: 'x', more: Array.from({ length: 50 }, () => [[]]) }), '400200');
    const reply = await service.generate(app, { name: 'x', more: Array.from({ length: 50 }, () => [[]]) });
    expect(reply.body.details[0].message).toContain('not a known field');
  });

  it('a body of exactly 16 KB is read', async () => {
    expect((await service.generate(app, `{"name":"x"${' '.repeat(16_372)}}`)).statusCode).toBe(201);
  });

  const sendBytes = (bytes: Buffer) =>
    service.call('generateApiKey', {
      path: { app: hrnOf(app) },
      body: bytes.toString('base64'),
      isBase64Encoded: true,
    });

  it('a base64-encoded body is decoded', async () => {
    expect((await sendBytes(Buffer.from('{"name":"größer"}'))).body.name).toBe('größer');
  });

  it('400002 for invalid UTF-8, a byte order mark or UTF-16 in it', async () => {
    const bodies = [
      [0x7b, 0xff, 0x7d],
      [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
      [0xfe, 0xff, 0, 0x7b, 0, 0x7d],
      [0xc0, 0x80],
    ];
    for (const bytes of bodies) await expectUnchanged(() => sendBytes(Buffer.from(bytes)), '400002');
  });

  it('one that breaks off within a character leaves nothing of it to the next', async () => {
    await expectUnchanged(() => sendBytes(Buffer.from([0xc3])), '400002');
    expect((await sendBytes(Buffer.from('{"name":"größer"}'))).body.name).toBe('größer');
  });

  it('413000 for one that is too large once decoded', () =>
    expectUnchanged(() => sendBytes(Buffer.alloc(16_385, 32)), '413000'));
});

describe('security 15: what JSON.parse hides', () => {
  it.each([
    '{"name":"a","name":"b"}',
    '{"name":"a","n\\u0061me":"b"}',
    '{"name":"x","__proto__":{"admin":true}}',
    '{"name":"x","\\u005f_proto__":{"admin":true}}',
    '{"name":"x","constructor":{"prototype":{"admin":true}}}',
    '{"name":"x","prototype":1}',
    '{"name":{"a":1,"a":2}}',
    '{"__proto__":null,"name":"x"}',
    '{"name":"x","\\u005F\\u005Fproto\\u005F\\u005F":1}',
    '{"name":"x","constructor":1}',
    '[{"__proto__":1}]',
  ])('400200 for %s', async (body) => {
    expectRefusal(await service.generate(app, body), '400200');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('quotes, brackets and colons inside text are text', async () => {
    const name = 'a "b":{ [c]: \\" }';
    expect((await service.generate(app, { name })).body.name).toBe(name);
  });
});

describe('security 16: names', () => {
  const named = (name: unknown) => service.generate(app, { name });
  it.each([
    ['one letter', 'x'],
    ['255 letters', 'x'.repeat(255)],
    ['255 emoji, of two UTF-16 units each', '😀'.repeat(255)],
    ['255 letters and white space around them', ` \t${'x'.repeat(255)}\n `],
    ['combining marks, other scripts', 'Ünïcödé ключ 鍵 مفتاح ❤️'],
    ['markup', '<script>alert(1)</script>'],
  ])('201 for %s', async (_, name) => expect((await named(name)).body.name).toBe(name.trim()));

  it.each([
    ['empty', ''],
    ['white space', '  \t '],
    ['256 letters', 'x'.repeat(256)],
    ['256 emoji', '😀'.repeat(256)],
    ['a NUL', 'a\u0000b'],
    ['a line end inside', 'a\nb'],
    ['a bell', 'a\u0007'],
    ['a C1 control', 'a\u0085b'],
    ['a lone high surrogate', 'a\uD800'],
    ['a lone low surrogate', '\uDC00a'],
    ['a bidirectional override', 'a\u202Eb'],
    ['a bidirectional isolate', 'a\u2066b'],
    ['a zero-width space', 'a\u200Bb'],
    ['a zero-width joiner', 'a\u200Db'],
    ['a byte order mark inside', 'a\uFEFFb'],
    ['a line separator', 'a\u2028b'],
    ['a Hangul filler', '\u3164'],
    ['a braille blank', '\u2800'],
    ['a grapheme joiner', 'a\u034Fb'],
    ['a variation selector of the supplement', 'a\u{E0100}'],
    ['a number', 1],
    ['null', null],
    ['a list', ['x']],
  ])('400200 for %s', async (_, name) => {
    const reply = await refused(() => named(name), '400200');
    expect(reply.body.details).toMatchObject([{ title: 'Received invalid data.', source: '$.name' }]);
  });

  it('400201 when it is missing', async () => {
    const reply = await refused(() => service.generate(app, {}), '400201');
    expect(reply.body.details).toEqual([
      { title: 'Missing required field.', source: '$.name', message: 'is required' },
    ]);
  });
});

describe('the other fields', () => {
  it.each([0, -2, 1, 1.5, 1e300, 8.64e15 + 1, '4000000000000', null, true, Number.MAX_SAFE_INTEGER])(
    '400200 at $.expiresAt for %j',
    async (expiresAt) => {
      const reply = await refused(() => service.generate(app, { name: 'x', expiresAt }), '400200');
      expect(reply.body.details[0].source).toBe('$.expiresAt');
    },
  );

  it('400200 for a time that has just passed, 201 for the last one there is', async () => {
    await expectUnchanged(() => service.generate(app, { name: 'x', expiresAt: Date.now() - 1 }), '400200');
    expect((await service.generate(app, { name: 'x', expiresAt: 8.64e15 })).body.expiresAt).toBe(8.64e15);
  });

  it.each(['true', 1, null])('400200 at $.enabled for %j', async (enabled) => {
    const reply = await refused(() => service.generate(app, { name: 'x', enabled }), '400200');
    expect(reply.body.details[0].source).toBe('$.enabled');
  });

  it('everything that is wrong is told at once, and no more than 20 of it', async () => {
    const reply = await service.generate(app, { expiresAt: 'x', enabled: 1, nmae: 'y' });
    const sources = reply.body.details.map(({ source }: { source: string }) => source).sort();
    expect(sources).toEqual(['$.enabled', '$.expiresAt', '$.name', '$.nmae']);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field${index}`, 1]));
    expect((await service.generate(app, { name: 'x', ...many })).body.details).toHaveLength(20);
  });

  it('the name of an unknown field is shown only where it looks like one', async () => {
    const secret = 'ak_lACE8kgYxsahjbXnvy8w_4fzyVqEo7aTqkC7Pe2dYQmWBxTkp0bBvYfKTqGm3cRt';
    const reply = await service.generate(app, { name: 'x', [secret]: 1, 'a b\n': 1 });
    expect(reply.body.details.map(({ source }: { source: string }) => source)).toEqual(['$']);
    expect(reply.text).not.toContain(secret);
  });
});

describe('security 17: the HRN in the path', () => {
  const generateAt = (path: string) => service.call('generateApiKey', { path: { app: path }, body: { name: 'x' } });

  it('201 encoded, decoded, and with hex in any case', async () => {
    const encoded = hrnOf(app);
    const forms = [
      encoded,
      decodeURIComponent(encoded),
      encoded.replaceAll('%3A', '%3a'),
      encoded.replace('%2F', '/'),
      `%68${encoded.slice(1)}`,
    ];
    for (const form of forms) {
      const { body } = await generateAt(form);
      expect(body.identity).toBe(decodeURIComponent(encoded));
    }
  });

  const broken = (change: (encoded: string) => string) => change(hrnOf(app));
  it.each<[string, (encoded: string) => string]>([
    ['encoded twice', encodeURIComponent],
    ['with %252F', (encoded) => encoded.replace('%2F', '%252F')],
    ['with a NUL', (encoded) => `${encoded}%00`],
    ['with a broken escape', () => '%E0%A4%A'],
    ['with a lone percent sign', (encoded) => `${encoded}%`],
    ['with ..', (encoded) => encoded.replace('%2F', '%2F..%2F')],
    ['with a backslash', (encoded) => encoded.replace('%2F', '%5C')],
    ['without an id', (encoded) => encoded.slice(0, encoded.lastIndexOf('%2F') + 3)],
    ['without a realm', (encoded) => encoded.replace('myrealm', '')],
    ['with a line end', (encoded) => `${encoded}%0A`],
    ['with a space', (encoded) => `${encoded}+`],
    ['of an API key', (encoded) => encoded.replace('app%2F', 'apikey%2F')],
    ['of another partition', (encoded) => encoded.replace('here', 'olp')],
    ['of 65 characters of id', (encoded) => encoded.replace(app.appId, 'a'.repeat(65))],
    ['with a letter that looks alike', (encoded) => encoded.replace('app', encodeURIComponent('аpp'))],
    ['empty', () => ''],
    ['the bare id', () => app.appId],
  ])('400288 %s', async (_, change) => {
    await expectUnchanged(() => generateAt(broken(change)), '400288');
  });

  it('400288 when the gateway hands over no path parameter', async () => {
    expectRefusal(await service.call('generateApiKey', { body: { name: 'x' } }), '400288');
  });
});

describe('security 18: correlation and request ids', () => {
  const idsFor = async (correlation: string | string[], request: string | string[] = correlation) => {
    const reply = await service.generate(app, {}, { 'X-Correlation-ID': correlation, 'X-Request-ID': request });
    return [reply.headers['X-Correlation-ID'], reply.headers['X-Request-ID']];
  };

  it('are taken over, returned, and in every log line of the request', async () => {
    const before = service.log.lines().length;
    expect(await idsFor('corr-1!~', 'req-1')).toEqual(['corr-1!~', 'req-1']);
    const records = service.log.records().slice(before);
    expect(records).not.toHaveLength(0);
    for (const record of records) expect(record).toMatchObject({ correlation_id: 'corr-1!~', requestId: 'req-1' });
  });

  it('128 characters are taken over', async () =>
    expect(await idsFor('x'.repeat(128))).toEqual(['x'.repeat(128), 'x'.repeat(128)]));

  it.each(['', ' ', 'a b', 'x'.repeat(129), 'a\r\nSet-Cookie: x=1', 'a\u0000', 'é', 'a\u2028b', '\u007f'])(
    'are replaced: %j',
    async (id) => {
      for (const generated of await idsFor(id)) expect(generated).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('are replaced when they come twice', async () => {
    for (const generated of await idsFor(['a', 'b'])) expect(generated).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('every log record is one line of JSON', () => {
    for (const line of service.log.lines()) expect(JSON.parse(line)).toBeTypeOf('object');
  });
});

describe('security 19: headers', () => {
  it('are read where the event has no multiValueHeaders', () => {
    expect(headersOf({ headers: { 'X-A': '1', 'x-B': undefined } })).toEqual(new Map([['x-a', ['1']]]));
    expect(headersOf({ headers: { a: '1' }, multiValueHeaders: { A: ['1', '2'] } }).get('a')).toEqual(['1', '2']);
  });

  it('match in any case', async () => {
    const token = await service.issuer.sign();
    const headers = {
      aUTHORIZATION: `Bearer ${token}`,
      Authorization: [],
      'content-TYPE': 'application/json',
      'Content-Type': [],
    };
    expect((await service.generate(app, { name: 'x' }, headers)).statusCode).toBe(201);
  });

  it('that claim where a request comes from are not believed: no answer, item or log line has them', async () => {
    const from = 'forwarded.example';
    const headers = {
      'X-Forwarded-For': from,
      'X-Forwarded-Host': from,
      'X-Forwarded-Proto': from,
      'X-Real-IP': from,
      Forwarded: `for=${from};host=${from}`,
      Host: from,
      Origin: `https://${from}`,
    };
    const replies = [await service.generate(app, { name: 'x' }, headers), await service.generate(app, {}, headers)];
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([201, 400]);
    const told = JSON.stringify([replies, await service.item(app), service.log.lines()]);
    expect(told).not.toContain(from);
  });
});

/** What would be more than data inside an expression. */
const expressions = ['#n0', ':v0', 'REMOVE keys', 'a, keyCount = :zero', '{x}', "'; DROP TABLE apps; --"];

describe('security 20: input is data', () => {
  it.each(expressions)('the name %j is stored as it is', async (name) => {
    const { body } = await service.generate(app, { name });
    const stored = Object.values((await service.item(app)).keys).find((key) => key.name === name);
    expect([body.name, stored?.name]).toEqual([name, name]);
  });

  it.each(expressions)('the principal %j is granted, may write, and is revoked, as it is', async (principal) => {
    const granted = await service.seed();
    const path = { app: hrnOf(granted), principal: encodeURIComponent(principal) };
    expect((await service.call('putGrant', { path, body: { actions: ['write'] } })).statusCode).toBe(200);
    expect((await service.item(granted)).grants).toEqual({ demo: ['manage'], [principal]: ['write'] });
    const headers = { Authorization: `Bearer ${await service.issuer.sign({ sub: principal })}` };
    expect((await service.generate(granted, { name: 'x' }, headers)).statusCode).toBe(201);
    expect(Object.values((await service.item(granted)).keys)).toMatchObject([{ createdBy: principal }]);
    expect((await service.call('deleteGrant', { path })).statusCode).toBe(204);
    expect((await service.item(granted)).grants).toEqual({ demo: ['manage'] });
  });

  it.each(['#n0', ':v0', '.keys', ',keyCount=:zero', '[0]', "';DROP"].map((odd) => `https://idp.example/${odd}`))(
    'the issuer %j is attached and detached as it is',
    async (issuer) => {
      const attached = await service.seed();
      const path = { app: hrnOf(attached), issuer: encodeURIComponent(issuer) };
      expect((await service.call('putIssuer', { path })).statusCode).toBe(204);
      expect((await service.item(attached)).issuers).toEqual([issuer]);
      expect((await service.call('deleteIssuer', { path })).statusCode).toBe(204);
      expect((await service.item(attached)).issuers).toEqual([]);
    },
  );
});

describe('the order of the checks', () => {
  it('token, project scope, path, content type, body, application, right', async () => {
    const scoped = {
      Authorization: `Bearer ${await service.issuer.sign({ scope: 'hrn:here:authorization::r:project/p' })}`,
    };
    const stranger = { Authorization: `Bearer ${await service.issuer.sign({ sub: 'stranger' })}` };
    const call = (headers: Record<string, string | string[]>, path: string, body: unknown) =>
      service.call('generateApiKey', { path: { app: path }, headers, body });
    expectRefusal(await call({ Authorization: [], 'Content-Type': [] }, 'x', '{'), '401200');
    expectRefusal(await call({ ...scoped, 'Content-Type': [] }, 'x', '{'), '403403');
    expectRefusal(await call({ ...stranger, 'Content-Type': [] }, 'x', '{'), '400288');
    expectRefusal(await call({ ...stranger, 'Content-Type': [] }, hrnOf(app), '{'), '400003');
    expectRefusal(await call(stranger, hrnOf(app), '{'), '400002');
    expectRefusal(await call(stranger, hrnOf(app), {}), '400201');
    expectRefusal(await call(stranger, hrnOf(app), { name: 'x', expiresAt: 1 }), '400200');
    expectRefusal(await call(stranger, hrnOf(app), { name: 'x' }), '404660');
  });
});
