import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stop } from 'esbuild';
import { type StageSettings, settingsOf } from '../../lib/service/settings.ts';
import { rejections } from '../settings/changes.ts';
import { metadataName, readDeployedSettings } from '../settings/deployed.ts';
import { readStageSettings, stageFile } from '../settings/stage-settings.ts';

interface Template {
  Metadata?: Record<string, unknown>;
}

interface Serverless {
  readonly serviceDir: string;
  getProvider(name: 'aws'): { getStage(): string };
  readonly service: {
    readonly provider: {
      readonly region: string;
      readonly compiledCloudFormationTemplate: Template;
    };
    readonly functions: Record<string, object>;
    readonly resources: { readonly Resources: Record<string, object>; readonly Outputs: Record<string, object> };
  };
}

interface Variable {
  readonly address: string;
  resolveVariable(name: string): Promise<string>;
}

const options = { yes: { usage: 'Deploy although API keys or tokens will be rejected', type: 'boolean' } };

/** Where serverless-esbuild collects the files of all zips. */
const buildFolder = '.esbuild/.build';

/**
 * Reads the file of the stage in `infra/settings/`: for the template as `${settings:…}`, and for the functions as
 * `settings.json` in each zip. Ends every failure with one line and a status.
 */
export default class SettingsPlugin {
  readonly configurationVariablesSources = {
    settings: {
      resolve: async ({ address, resolveVariable }: Variable) => ({
        value: valueAt(await this.#read(await resolveVariable('sls:stage')), address),
      }),
    },
  };
  readonly commands = { deploy: { options, commands: { function: { options } } } };
  readonly hooks;
  #reading: Promise<StageSettings> | undefined;

  constructor(serverless: Serverless, { yes = false }: { readonly yes?: boolean }) {
    const { service, serviceDir } = serverless;
    // What `service.provider` has is what serverless.yml says, whatever --stage says.
    const stage = () => serverless.getProvider('aws').getStage();
    const settings = () => this.#read(stage());
    const write = async () => writeSettings(join(serviceDir, buildFolder), stage(), await settings());
    const check = async () => requireDeployable(stage(), service.provider.region, await settings(), yes);
    this.hooks = {
      initialize: async () => {
        if ((await settings()).eventBus === undefined) leaveOutEvents(service);
      },
      'before:package:createDeploymentArtifacts': write,
      'before:deploy:function:packageFunction': write,
      'after:aws:package:finalize:mergeCustomProviderResources': async () => {
        service.provider.compiledCloudFormationTemplate.Metadata = { [metadataName]: await settings() };
      },
      'before:deploy:deploy': check,
      'before:deploy:function:initialize': check,
      error: exitWithOneLine,
    };
  }

  #read(stage: string): Promise<StageSettings> {
    this.#reading ??= readFile(stage).catch(exitWithOneLine);
    return this.#reading;
  }
}

async function readFile(stage: string): Promise<StageSettings> {
  return readStageSettings(stageFile(stage));
}

function valueAt(settings: StageSettings, address: string): unknown {
  const value = address
    .split('.')
    .reduce<unknown>((group, name) => (group as Record<string, unknown>)?.[name], settings);
  return value ?? null;
}

/** What publishes changes, where there is no bus to publish them on. */
function leaveOutEvents({ functions, resources }: Serverless['service']): void {
  delete functions.publishChanges;
  delete resources.Resources.UnpublishedChanges;
  delete resources.Outputs.UnpublishedChangesUrl;
}

function writeSettings(folder: string, stage: string, settings: StageSettings): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'settings.json'), `${JSON.stringify(settingsOf(stage, settings), null, 2)}\n`);
}

/** @throws Error when the stage would accept no token, or would reject what it accepts now and nobody has agreed to that */
async function requireDeployable(
  stage: string,
  region: string,
  settings: StageSettings,
  isAgreed: boolean,
): Promise<void> {
  if (settings.issuers.length === 0)
    throw new Error(
      `infra/settings/${stage}.yml: issuers is empty. Add the issuers of your tokens: infra/settings/example.yml shows how.`,
    );
  if (isAgreed) return;
  const deployed = await readDeployedSettings(stage, region).catch(({ message }) => {
    throw new Error(`${message} To deploy without a comparison, add --yes.`);
  });
  const rejected = deployed ? rejections(deployed, settings) : [];
  if (rejected.length === 0) return;
  throw new Error(`This deployment would reject ${rejected.join('; ')}. To deploy it all the same, add --yes.`);
}

/** The framework prints a page about an error, and after a bundling error it never ends. */
function exitWithOneLine(error: Error): never {
  console.error(`Error: ${error.message.replace(/\s*\n\s*/g, ' ')}`);
  stop(); // Otherwise esbuild's process can print a stack trace when this process exits.
  process.exit(1);
}
