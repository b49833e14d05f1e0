import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../local/folders.ts';
import { type BundledPackage, packagesOf } from './bundled-packages.ts';

/** Such as LICENSE, NOTICE.txt, and what a file that is copied says of its parts. */
const legal = /^((licen[cs]e|notice)(\..*)?|swagger-ui-bundle\.js\.LICENSE\.txt)$/i;

/** @returns the licenses of the packages that the files come from, which must be passed on with their code; each text once */
export function licensesOf(files: readonly string[]): string {
  const packages = packagesOf(files);
  const byText = Map.groupBy(packages, (each) => licenseOf(each, packages));
  const titleOf = ({ name, version, license }: BundledPackage) => `${name} ${version} (${license})`;
  return [...byText].map(([text, found]) => `${found.map(titleOf).join('\n')}\n\n${text}\n`).join('\n');
}

/** A package without such a file has that of another one of its owner and license, or says it in its README. */
function licenseOf(found: BundledPackage, all: readonly BundledPackage[]): string {
  const { name, version, license } = found;
  const ofOwner = all.filter((other) => other.license === license && ownerOf(other) === ownerOf(found));
  const text = [found, ...ofOwner].map(filesOf).find(Boolean) ?? (license === 'MIT' ? readmeOf(found) : undefined);
  if (!text) throw new Error(`${name} ${version} has no file with its license.`);
  return text.trim();
}

function filesOf({ folder }: BundledPackage): string {
  const files = readdirSync(folder).filter((file) => legal.test(file));
  return files
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
}

/** @returns whose copyright it is, with the text of the MIT License, which is ours too */
function readmeOf({ folder }: BundledPackage): string | undefined {
  const [, owner] = /^## License\n+(.*)/ms.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
  const [, permission] = /(Permission is hereby granted.*)/s.exec(
    readFileSync(join(projectFolder, 'LICENSE'), 'utf8'),
  ) ?? [''];
  return owner && `${owner}\n\n${permission}`;
}

function ownerOf({ name }: BundledPackage): string {
  return name.split('/')[0] ?? name;
}
