import { inflateRawSync } from 'node:zlib';

/**
 * The files of a zip archive by name.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT sections 4.3.7, 4.3.12 and 4.3.16
 */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const count = archive.readUInt16LE(end + 10);
  const files = new Map<string, Buffer>();
  let entry = archive.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    const nameLength = archive.readUInt16LE(entry + 28);
    files.set(archive.toString('utf8', entry + 46, entry + 46 + nameLength), readFile(archive, entry));
    entry += 46 + nameLength + archive.readUInt16LE(entry + 30) + archive.readUInt16LE(entry + 32);
  }
  return files;
}

/** @param entry where the file's central directory entry begins */
function readFile(archive: Buffer, entry: number): Buffer {
  const isDeflated = archive.readUInt16LE(entry + 10) === 8;
  const header = archive.readUInt32LE(entry + 42);
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const data = archive.subarray(start, start + archive.readUInt32LE(entry + 20));
  return isDeflated ? inflateRawSync(data) : data;
}
