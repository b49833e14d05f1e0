import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StageSettings, settingsOf } from '../../lib/service/settings.ts';
import { exitWithOneLine } from '../deployment/exit.ts';
import { requireDeployable, requireUnchanged } from '../settings/deployable.ts';
import { type Credentials, metadataOf, settingsIn } from '../settings/deployed.ts';
import { readStageSettings, stageFile } from '../settings/stage-settings.ts';

interface Template {
  Metadata?: Record<string, unknown>;
}

interface Serverless {
  readonly serviceDir: string;
  readonly configSchemaHandler: {
    readonly schema: {
      readonly properties: { readonly provider: { readonly properties: { region: { enum: readonly string[] } } } };
    };
  };
  getProvider(name: 'aws'): { getStage(): string; getRegion(): string; getAwsSdkV3CredentialsProvider(): Credentials };
  readonly service: {
    readonly provider: {
      readonly region: string;
      readonly compiledCloudFormationTemplate: Template;
    };
    readonly functions: Record<string, { iamRoleStatements?: { readonly Action: unknown }[] }>;
    readonly resources: { readonly Resources: Record<string, object>; readonly Outputs: Record<string, object> };
  };
}

interface Variable {
  readonly address: string;
  resolveVariable(name: string): Promise<string>;
}

interface Options {
  readonly yes?: boolean;
  /** a folder of an earlier packaging */
  readonly package?: string;
}

const options = { yes: { usage: 'Deploy although API keys or tokens will be rejected', type: 'boolean' } };

/** The folder in which serverless-esbuild collects the files of all zips. */
const buildFolder = '.esbuild/.build';

/**
 * Reads the file of the stage in `infra/settings/`. The template gets the settings as `${settings:…}`, and the
 * functions get them as `settings.json` in each zip. Every failure ends with one line and a status.
 */
export default class SettingsPlugin {
  readonly configurationVariablesSources = {
    settings: {
      resolve: async ({ address, resolveVariable }: Variable) => ({
        value: valueAt(await this.#read(await resolveVariable('sls:stage')), address),
      }),
    },
  };
  readonly commands = { deploy: { options } };
  readonly hooks;
  #reading: Promise<StageSettings> | undefined;

  constructor(serverless: Serverless, { yes = false, package: packageFolder }: Options) {
    const { service, serviceDir } = serverless;
    requireRegion(serverless);
    // `service.provider` contains the stage of serverless.yml, even if --stage names another stage.
    const stage = () => serverless.getProvider('aws').getStage();
    const settings = () => this.#read(stage());
    const write = async () => writeSettings(join(serviceDir, buildFolder), stage(), await settings());
    const deployment = () => {
      const provider = serverless.getProvider('aws');
      const credentials = provider.getAwsSdkV3CredentialsProvider();
      return { stage: stage(), region: service.provider.region, credentials };
    };
    this.hooks = {
      initialize: async () => {
        leaveOutEvents(service, await settings());
      },
      'before:package:createDeploymentArtifacts': write,
      'before:deploy:function:packageFunction': write,
      'after:aws:package:finalize:mergeCustomProviderResources': async () => {
        const { compiledCloudFormationTemplate: template } = service.provider;
        template.Metadata = metadataOf(await settings());
      },
      'before:aws:package:finalize:saveServiceState': () => {
        requireSize(service.provider.compiledCloudFormationTemplate);
      },
      'before:deploy:deploy': async () => {
        const next =
          packageFolder === undefined ? await settings() : settingsInPackage(join(serviceDir, packageFolder));
        await requireDeployable(deployment(), next, yes);
      },
      'before:deploy:function:initialize': async () => requireUnchanged(deployment(), await settings()),
      error: exitWithOneLine,
    };
  }

  #read(stage: string): Promise<StageSettings> {
    this.#reading ??= readFile(stage).catch(exitWithOneLine);
    return this.#reading;
  }
}

/** The framework would print a page about it. */
function requireRegion(serverless: Serverless): void {
  const { region: known } = serverless.configSchemaHandler.schema.properties.provider.properties;
  const region = serverless.getProvider('aws').getRegion();
  if (known.enum.includes(region)) return;
  const remedy = 'Give another one by --region or AWS_REGION, such as eu-central-1';
  exitWithOneLine(
    new Error(`The Region ${JSON.stringify(region)} is none that the framework can deploy to. ${remedy}.`),
  );
}

/** @returns the settings that a folder of an earlier packaging would deploy */
function settingsInPackage(folder: string): StageSettings {
  return settingsIn(readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8'));
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

/** Removes the resources that publish events if there is no bus, and that forward notices if there is no topic. */
function leaveOutEvents({ functions, resources }: Serverless['service'], { eventBus, notices }: StageSettings): void {
  if (notices.topic === undefined) delete resources.Resources.NoticeRule;
  if (eventBus !== undefined) return;
  delete functions.publishChanges;
  const ofEvents = ['UnpublishedChanges', 'UnpublishedChangesPolicy', 'UnpublishedChangesAlarm', 'StreamAgeAlarm'];
  for (const id of ofEvents) delete resources.Resources[id];
  delete resources.Outputs.UnpublishedChangesUrl;
  const { sweep } = functions;
  if (sweep?.iamRoleStatements)
    sweep.iamRoleStatements = sweep.iamRoleStatements.filter(({ Action }) => String(Action) !== 'events:PutEvents');
}

function writeSettings(folder: string, stage: string, settings: StageSettings): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'settings.json'), `${JSON.stringify(settingsOf(stage, settings), null, 2)}\n`);
}

/**
 * A template can have at most 1 MB.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
function requireSize(template: Template): void {
  const bytes = Buffer.byteLength(JSON.stringify(template));
  if (bytes > 1_000_000)
    throw new Error(
      `The template has ${bytes} bytes, but CloudFormation accepts at most 1000000. Remove realms from the settings.`,
    );
}
