interface Serverless {
  readonly service: {
    readonly provider: { readonly environment: { readonly EVENT_BUS?: string } };
    readonly functions: Record<string, object>;
    readonly resources: { readonly Resources: Record<string, object>; readonly Outputs: Record<string, object> };
  };
}

/** Leaves out what publishes changes where there is no bus to publish them on: infra/templates/events.yml and its function. */
export default class EventsPlugin {
  readonly hooks;

  constructor({ service }: Serverless) {
    this.hooks = {
      initialize: () => {
        if (service.provider.environment.EVENT_BUS) return;
        delete service.functions.publishChanges;
        delete service.resources.Resources.UnpublishedChanges;
        delete service.resources.Outputs.UnpublishedChangesUrl;
      },
    };
  }
}
