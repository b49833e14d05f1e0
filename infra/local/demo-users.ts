interface DemoUser {
  readonly words: string;
  readonly permissions: readonly string[];
}

/** The users of the local identity provider, by principal. All belong to the realm `myrealm`. */
export const demoUsers: Readonly<Record<string, DemoUser>> = {
  admin: {
    words: 'administrator: manages every application of the realm',
    permissions: ['account:createApp', 'account:verify', 'account:manage:*'],
  },
  demo: {
    words: 'application owner: creates applications and manages its own',
    permissions: ['account:createApp', 'account:verify'],
  },
  reader: {
    words: 'reader: sees every application of the realm but changes nothing',
    permissions: ['account:read:*'],
  },
};
