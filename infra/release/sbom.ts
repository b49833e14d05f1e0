import { execFileSync } from 'node:child_process';
import { projectFolder } from '../local/folders.ts';
import { replacements } from '../plugins/slim/replacements.ts';
import { packagesOf } from '../scripts/bundled-packages.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly pedigree?: object;
}

interface Bom {
  readonly serialNumber?: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/**
 * Makes a bill of materials in the format of CycloneDX: of all packages in package-lock.json, those that are bundled.
 * It has no time and no number of its own, so that two of one commit are the same.
 * @param files what is bundled, as esbuild names it
 */
export function sbomOf(files: readonly string[]): string {
  const { serialNumber, metadata, components, dependencies, ...bom } = installed();
  const names = packagesOf(files).map(({ name, version }) => `${name}@${version}`);
  const bundled = components.filter(({ name, version }) => names.includes(`${name}@${version}`));
  const root = { ...metadata.component, name: 'appkeys-service' };
  const refs = [root, ...bundled].map((component) => component['bom-ref']);
  const edges = dependencies.filter(({ ref }) => refs.includes(ref));
  const missing = names.filter((name) => !refs.includes(name));
  if (missing.length > 0) throw new Error(`package-lock.json does not have ${missing.join(', ')}. Run npm ci.`);
  return `${JSON.stringify(
    {
      ...bom,
      metadata: { component: root },
      components: bundled.map(withPedigree),
      dependencies: edges.map(({ ref, dependsOn = [] }) => ({
        ref,
        dependsOn: dependsOn.filter((on) => refs.includes(on)),
      })),
    },
    null,
    2,
  )}\n`;
}

function installed(): Bom {
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'];
  return JSON.parse(execFileSync('npm', args, { cwd: projectFolder, encoding: 'utf8', maxBuffer: 1e8 }));
}

/** Says which files of a package the functions contain in another form. */
function withPedigree(component: Component): Component {
  const files = [...replacements.keys()].filter((file) => file.startsWith(`${component.name}/`));
  // npm calls a package optional that is only there to build with, and knows nothing of bundles.
  const bundled = { ...component, scope: 'required', properties: [] };
  if (files.length === 0) return bundled;
  const notes = `The functions contain these files in another form: ${files.join(', ')}. The edits are in infra/plugins/slim/replacements.ts.`;
  return { ...bundled, pedigree: { patches: files.map(() => ({ type: 'unofficial' })), notes } };
}
