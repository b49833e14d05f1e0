import type { Readable } from 'node:stream';

/**
 * Reads the body of a response, for clients of the AWS SDK. The SDK's own collector needs a second stream for each
 * response, and loads Web Streams with the first one.
 */
export function collect(body: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    body.on('data', (part: Buffer) => parts.push(part));
    body.on('end', () => resolve(Buffer.concat(parts)));
    body.on('error', reject);
  });
}
