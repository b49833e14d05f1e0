import { requireAllUsed } from './slim-plugin.ts';

/** Refuses to package when no function contains a file that infra/plugins/slim/replacements.ts replaces. */
export default class ReplacementsPlugin {
  readonly hooks = { 'after:package:createDeploymentArtifacts': requireAllUsed };
}
