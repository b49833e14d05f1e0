import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { KeysAnswer } from '../../../lib/service/http/get-keys.ts';
import { fetchKeySet } from '../../../lib/service/http/key-set.ts';

const unfetched = 'The keys of the token issuer could not be fetched. Nothing was changed.';
const unusable = 'The keys of the token issuer were fetched, but cannot be used. Nothing was changed.';

type Piece = string | Uint8Array;

/** An answer whose body comes in pieces. */
function answerOf(pieces: readonly Piece[] | null, more: Partial<KeysAnswer> = {}): KeysAnswer {
  const chunks = pieces?.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece));
  return { status: 200, body: chunks ? ReadableStream.from(chunks) : null, ...more };
}

const read = (answer: KeysAnswer) => fetchKeySet('https://issuer.test/keys', async () => answer);
const keySetOf = (...pieces: Piece[]) => read(answerOf(pieces));
const sized = (bytes: number) => '{"keys":[]}'.padEnd(bytes);
const refused = (parts: { cause: string }, why?: unknown) => ({
  code: '503000',
  parts,
  ...(why !== undefined && { cause: why }),
});
const withMessage = (message: string) => expect.objectContaining({ message });

describe('a key set', () => {
  it.each([[['{"keys":[]}']], [['{"keys":[{"kid":"é"},{}],', '"more":1}']]])('is read from %j', async (texts) => {
    expect(await keySetOf(...texts)).toEqual({ keys: JSON.parse(texts.join('')).keys });
  });

  it('may begin with a byte order mark', async () => {
    expect(await keySetOf('\uFEFF{"keys":[]}')).toEqual({ keys: [] });
  });

  it('may have 256 KB, in one piece or in several', async () => {
    expect(await keySetOf(sized(262_144))).toEqual({ keys: [] });
    const tooLarge = refused({ cause: unusable }, withMessage('the key set is too large'));
    await expect(keySetOf(sized(262_145))).rejects.toMatchObject(tooLarge);
    await expect(keySetOf(sized(262_144), ' ')).rejects.toMatchObject(tooLarge);
  });

  it('is not read further once it is too large', async () => {
    let pieces = 0;
    async function* endless() {
      for (;;) {
        pieces += 1;
        yield Buffer.alloc(65_536);
      }
    }
    await expect(read({ status: 200, body: endless() })).rejects.toMatchObject(refused({ cause: unusable }));
    expect(pieces).toBe(5);
  });

  it.each([
    'null',
    '1',
    '{}',
    '{"keys":null}',
    '{"keys":{"every":1}}',
    '{"keys":[null]}',
    '{"keys":["x"]}',
    '{"keys":[1]}',
    '{"keys":[[]]}',
  ])('is not %s', async (text) => {
    await expect(keySetOf(text)).rejects.toMatchObject(
      refused(
        { cause: unusable },
        withMessage(expect.stringMatching(/^the (response is not a key set|key set has no key)$/)),
      ),
    );
  });

  it.each([[null], [['']], [['<html>']]])('is not in %j', async (texts) => {
    await expect(read(answerOf(texts))).rejects.toMatchObject(refused({ cause: unusable }, expect.any(SyntaxError)));
  });

  it.each([201, 204, 302, 404, 500])('was not fetched by an answer with status %i', async (status) => {
    const message = `the key set's server responded with status ${status}`;
    const answer = answerOf(['{"keys":[]}'], { status });
    await expect(read(answer)).rejects.toMatchObject(refused({ cause: unfetched }, withMessage(message)));
  });

  it('was not fetched by an answer that breaks off', async () => {
    async function* broken() {
      yield Buffer.from('{');
      throw new Error('aborted');
    }
    await expect(read({ status: 200, body: broken() })).rejects.toMatchObject(refused({ cause: unfetched }));
  });
});

describe('a key set that comes encoded although it should not', () => {
  const encoders: Record<string, (text: string) => Uint8Array> = {
    gzip: gzipSync,
    'x-gzip': gzipSync,
    ' GZIP ': gzipSync,
    deflate: deflateSync,
    'deflate, without its header': deflateRawSync,
    br: brotliCompressSync,
    identity: Buffer.from,
    '': Buffer.from,
  };
  const encoded = (name: string, text: string) => {
    const bytes = encoders[name]?.(text) ?? expect.fail();
    return answerOf([bytes], { contentEncoding: name.split(',')[0] });
  };

  it.each(Object.keys(encoders))('is decoded: %j', async (name) => {
    expect(await read(encoded(name, '{"keys":[{"kid":"a"}]}'))).toEqual({ keys: [{ kid: 'a' }] });
  });

  it.each(Object.keys(encoders))('may have 256 KB when it is decoded: %j', async (name) => {
    expect(await read(encoded(name, sized(262_144)))).toEqual({ keys: [] });
    const tooLarge = refused({ cause: unusable }, withMessage('the key set is too large'));
    await expect(read(encoded(name, sized(262_145)))).rejects.toMatchObject(tooLarge);
  });

  it.each(['gzip', 'deflate', 'br'])('is stopped where it would fill the memory: %s', async (name) => {
    const bomb = encoded(name, ' '.repeat(64 * 1024 * 1024));
    const tooLarge = refused({ cause: unusable }, withMessage('the key set is too large'));
    await expect(read(bomb)).rejects.toMatchObject(tooLarge);
  });

  it.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, br', 'constructor'])(
    'is unusable when it is not %s',
    async (name) => {
      const plain = answerOf(['{"keys":[]}'], { contentEncoding: name });
      await expect(read(plain)).rejects.toMatchObject(refused({ cause: unusable }));
    },
  );
});
