import type { StageSettings } from '../../lib/service/settings.ts';
import { differences, rejections } from './changes.ts';
import { type Credentials, readDeployedSettings } from './deployed.ts';
import { readStageSettings, stageFile } from './stage-settings.ts';

/** The target of a deployment and its credentials. */
interface Deployment {
  readonly stage: string;
  readonly region: string;
  readonly credentials: Credentials;
}

/**
 * @param isAgreed whether the user accepts that API keys or tokens will be rejected
 * @throws Error when the stage has no issuers or an issuer of the example, or would reject keys or tokens that it
 * accepts now
 */
export async function requireDeployable(
  { stage, region, credentials }: Deployment,
  next: StageSettings,
  isAgreed: boolean,
): Promise<void> {
  await requireOwnIssuers(stage, next);
  if (isAgreed) return;
  const deployed = await readDeployedSettings(stage, region, credentials).catch(({ message }) => {
    throw new Error(
      `${message} Use credentials that can read these settings, or add --yes to deploy without a comparison.`,
    );
  });
  const rejected = deployed ? rejections(deployed, next) : [];
  if (rejected.length === 0) return;
  throw new Error(`This deployment would reject ${rejected.join('; ')}. To deploy it anyway, add --yes.`);
}

/**
 * Checks that a single function is deployed with the settings of the stage.
 * @throws Error when the settings differ from the deployed settings of the stage
 */
export async function requireUnchanged({ stage, region, credentials }: Deployment, next: StageSettings): Promise<void> {
  const deployed = await readDeployedSettings(stage, region, credentials);
  if (deployed && differences(deployed, next).length === 0) return;
  const why = deployed ? 'The settings differ from the deployed settings' : 'The stage is not deployed yet';
  throw new Error(`A function of the stage ${stage} cannot be deployed alone. ${why}. Deploy the whole stage.`);
}

/** @throws Error when there are no issuers, or an entry is still as in the example, because its issuer belongs to somebody else */
export async function requireOwnIssuers(stage: string, { issuers }: StageSettings): Promise<void> {
  if (issuers.length === 0)
    throw new Error(
      `infra/settings/${stage}.yml: issuers is empty. Add the issuers of your tokens. infra/settings/example.yml shows how.`,
    );
  const example = await readStageSettings(stageFile('example'));
  const entries = new Set(example.issuers.map((entry) => JSON.stringify(entry)));
  for (const [index, entry] of issuers.entries())
    if (entries.has(JSON.stringify(entry)))
      throw new Error(
        `infra/settings/${stage}.yml: issuers[${index}] (${entry.issuer}) is still as in the example. Replace its values, or remove the entry.`,
      );
}
