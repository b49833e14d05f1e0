interface Serverless {
  readonly service: {
    readonly provider: { readonly environment: { readonly EVENT_BUS?: string } };
    readonly functions: Record<string, object>;
  };
}

/** Leaves out the function that publishes changes where there is no bus to publish them on. */
export default class EventsPlugin {
  readonly hooks;

  constructor({ service }: Serverless) {
    this.hooks = {
      initialize: () => {
        if (!service.provider.environment.EVENT_BUS) delete service.functions.publishChanges;
      },
    };
  }
}
