import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeploymentSettings, StageSettings } from '../../lib/service/settings.ts';
import { SettingsError } from '../../lib/verification/settings-rules.ts';
import { deployDataStack } from '../deployment/data-stack.ts';
import { dataTemplate } from '../deployment/data-template.ts';
import { noteExceptions } from '../deployment/exceptions.ts';
import { exitWithOneLine } from '../deployment/exit.ts';
import {
  applySettings,
  keepOnlyWhatServed,
  leaveLogGroups,
  requirePlace,
  requireTags,
  reserveConcurrency,
} from '../deployment/organisation.ts';
import { leaveOutPages, throttlePages } from '../deployment/pages.ts';
import { addReleases, nameVersions, useAlias, type VersionedFunction } from '../deployment/releases.ts';
import { mergeSite } from '../deployment/site.ts';
import { type Template, type TemplatePart, whenComplete } from '../deployment/template.ts';
import type { Credentials } from '../settings/deployed.ts';

interface LambdaFunction extends VersionedFunction {
  reservedConcurrency?: number;
  readonly events?: readonly { readonly http?: { readonly path: string }; readonly stream?: { arn: unknown } }[];
}

interface Serverless {
  readonly serviceDir: string;
  getProvider(name: 'aws'): {
    getStage(): string;
    getRegion(): string;
    getAwsSdkV3CredentialsProvider(): Credentials;
    readonly naming: { getLogGroupLogicalId(name: string): string };
  };
  readonly service: {
    readonly provider: {
      compiledCloudFormationTemplate: Template;
      stackTags?: DeploymentSettings['tags'];
      deploymentBucket?: string | null;
    };
    readonly functions: Record<string, LambdaFunction>;
    readonly custom: {
      readonly dataStack: readonly TemplatePart[];
      readonly deployment: DeploymentSettings;
      readonly notices: StageSettings['notices'];
    };
  };
}

/** The template of the data stack, beside the template of the service in the packaged folder. */
const dataFile = '.serverless/cloudformation-template-data-stack.json';

/**
 * Puts the resources that outlive the service (the table, the service key, the log groups) into the data stack. The
 * data stack is deployed before the service and is not removed with it. The plugin also applies the settings
 * `deployment` to the templates.
 */
export default class DeploymentPlugin {
  readonly hooks;
  readonly #serverless: Serverless;

  constructor(serverless: Serverless) {
    this.#serverless = serverless;
    process.umask(0o022); // Lambda must be able to read what a zip has, and the same files make the same zip.
    // These names include functions that the settings leave out, because their log groups remain.
    const names = Object.keys(serverless.service.functions);
    this.hooks = {
      initialize: () => this.#namingSetting(() => this.#prepare()),
      [whenComplete]: () => this.#namingSetting(() => this.#complete(names)),
      'before:deploy:deploy': async () => {
        this.#tag();
        await this.#deployData();
      },
      'before:rollback:rollback': () => this.#tag(),
    };
  }

  #prepare(): void {
    const { functions, provider, custom } = this.#serverless.service;
    const { deploymentBucket, reservedConcurrency, pages, table } = custom.deployment;
    requireTags(custom.deployment);
    requirePlace({ ...custom, ...this.#provider() });
    if (!pages.enabled) leaveOutPages(functions);
    reserveConcurrency(functions, reservedConcurrency);
    for (const [name, found] of Object.entries(functions)) {
      useAlias(name, found);
      for (const { stream } of found.events ?? []) if (stream && table.streamArn) stream.arn = table.streamArn;
    }
    if (deploymentBucket !== undefined) provider.deploymentBucket = deploymentBucket;
  }

  #complete(names: readonly string[]): void {
    const { serviceDir, service } = this.#serverless;
    const { naming, ...provider } = this.#provider();
    const { deployment: settings, dataStack: parts } = service.custom;
    const { compiledCloudFormationTemplate: template } = service.provider;
    const functions = Object.fromEntries(names.map((name) => [naming.getLogGroupLogicalId(name), name]));
    const data = dataTemplate({ stage: provider.stage, parts, functions, settings });
    addReleases(template.Resources, service.functions, settings.canary);
    throttlePages(template.Resources.Stage, service.functions.pages?.events, settings.pages);
    applySettings(template.Resources, settings);
    leaveLogGroups(template.Resources);
    keepOnlyWhatServed(template.Resources);
    for (const id of Object.keys(template.Outputs))
      if (/LambdaFunctionQualifiedArn$/.test(id)) delete template.Outputs[id];
    const { extraResources: site } = settings;
    for (const each of [template, data]) noteExceptions(each);
    if (site !== undefined) mergeSite(join(serviceDir, site), site, template, data);
    nameVersions(template.Resources, service.functions);
    writeFileSync(join(serviceDir, dataFile), `${JSON.stringify(data, null, 2)}\n`);
  }

  /**
   * Sets the tags only now. If the package contained them, the framework would also tag by calls after the deployment.
   */
  #tag(): void {
    const { provider, custom } = this.#serverless.service;
    provider.stackTags = custom.deployment.tags;
  }

  async #deployData(): Promise<void> {
    const { serviceDir, service } = this.#serverless;
    const { stage, region, credentials } = this.#provider();
    const template = readFileSync(join(serviceDir, dataFile), 'utf8');
    await deployDataStack({
      stage,
      region,
      credentials: credentials(),
      template,
      tags: service.custom.deployment.tags,
    });
  }

  #provider() {
    const provider = this.#serverless.getProvider('aws');
    const credentials = () => provider.getAwsSdkV3CredentialsProvider();
    return { stage: provider.getStage(), region: provider.getRegion(), naming: provider.naming, credentials };
  }

  /** If a setting is wrong, ends with one line that names the file of the stage. */
  #namingSetting(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      exitWithOneLine(new Error(`infra/settings/${this.#provider().stage}.yml: ${error.message}`));
    }
  }
}
