import { stop } from 'esbuild';
import { readEventSettings, readRateLimit, readSettings, readTokenSettings } from '../../lib/service/config.ts';
import { type Environment, readPlaces, readVerifierSettings } from '../../lib/verification/settings.ts';

interface Serverless {
  readonly processedInput: { readonly commands: readonly string[] };
  readonly service: { readonly provider: { readonly environment: Environment } };
}

/** Refuses to package or deploy settings that cannot work, and ends every failure with one line and a status. */
export default class SettingsPlugin {
  readonly hooks;

  constructor({ processedInput, service }: Serverless) {
    const isDeployed = processedInput.commands[0] === 'deploy';
    const checkSettings = () => requireSettings(service.provider.environment, isDeployed);
    this.hooks = {
      'before:package:cleanup': checkSettings,
      'before:deploy:function:initialize': checkSettings,
      error: exitWithOneLine,
    };
  }
}

/** @throws Error when a function would not start with these; a package may still be without token issuers */
function requireSettings(environment: Environment, isDeployed: boolean): void {
  readSettings(environment);
  readVerifierSettings(environment);
  readPlaces(environment);
  readRateLimit(environment);
  if (environment.EVENT_BUS) readEventSettings(environment);
  if (!environment.TOKEN_ISSUERS && !isDeployed) return;
  const isHttps = ({ jwksUri }: { jwksUri: string }) => jwksUri.startsWith('https://');
  if (!readTokenSettings(environment).issuers.every(isHttps)) {
    throw new Error('TOKEN_ISSUERS has a jwksUri without https, which works locally only.');
  }
}

/** The framework prints a page about an error, and after a bundling error it never ends. */
function exitWithOneLine(error: Error): never {
  console.error(`Error: ${error.message.replace(/\s*\n\s*/g, ' ')}`);
  stop(); // Otherwise esbuild's process can print a stack trace when this process exits.
  process.exit(1);
}
