import { requireAllUsed } from './slim-plugin.ts';

/** Stops packaging if no function contains one of the files that infra/plugins/slim/replacements.ts replaces. */
export default class ReplacementsPlugin {
  readonly hooks = { 'after:package:createDeploymentArtifacts': requireAllUsed };
}
