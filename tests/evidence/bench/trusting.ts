import type { Plugin } from 'esbuild';
import { shippedSettings } from '../../../infra/release/bundle.ts';

const trust = `
export function createTokenVerifier({ issuers: [{ issuer, realms: [realm] }] }) {
  const caller = { principal: 'demo', issuer, realm, permissions: ['account:manage:*'], hasProjectScope: false };
  return async () => caller;
}
`;

const takeTokensOnTrust: Plugin = {
  name: 'take-tokens-on-trust',
  setup({ onLoad }) {
    onLoad({ filter: /token-verifier\.ts$/ }, () => ({ contents: trust }));
  },
};

/** Settings of a bundle that does all that the shipped one does, but for verifying the token. */
export const trustingSettings = {
  ...shippedSettings,
  plugins: [takeTokensOnTrust, ...(shippedSettings.plugins ?? [])],
};
