import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStageSettings } from '../../infra/settings/stage-settings.ts';
import type { StageSettings } from '../../lib/service/settings.ts';

/** An entry of `issuers` that has what every entry needs. */
export const entry = {
  issuer: 'https://issuer.example',
  jwksUri: 'https://issuer.example/jwks',
  algorithms: ['RS256'],
  audience: 'appkeys',
  realm: 'myrealm',
};

/** The realms of the authorizer, which every file must name. */
const authorizer = { defaultRealms: ['myrealm'] };

/** @returns the text of a file; one that names no realms of the authorizer gets some at its end */
function textOf(content: unknown): string {
  if (typeof content === 'string')
    return content.includes('issuers:') && !/authorizer|---\nissuers|["[]\w*$/.test(content)
      ? `${content}\nauthorizer: ${JSON.stringify(authorizer)}\n`
      : content;
  const isGroup = typeof content === 'object' && content !== null && !Array.isArray(content);
  return JSON.stringify(isGroup ? { authorizer, ...content } : content);
}

/** Writes a settings file, reads it as packaging does, or as `npm start` does, and removes it. */
export async function readFileWith(content: unknown, isLocal = false): Promise<StageSettings> {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-settings-file-'));
  const file = join(folder, 'stage.yml');
  writeFileSync(file, textOf(content));
  try {
    return await readStageSettings(file, { isLocal });
  } catch (error) {
    throw error instanceof Error ? new Error(error.message.replace(file, 'stage.yml')) : error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a file is rejected with. @returns undefined when it is accepted */
export async function faultOf(content: unknown, isLocal = false): Promise<string | undefined> {
  return readFileWith(content, isLocal).then(
    () => undefined,
    ({ message }) => message,
  );
}
