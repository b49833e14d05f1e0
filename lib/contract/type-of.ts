/** The TypeScript type of the values that a JSON Schema of this contract allows. */
export type TypeOf<Schema> = Schema extends { readonly oneOf: readonly (infer One)[] }
  ? TypeOf<One>
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends {
          readonly type: 'object';
          readonly properties: infer Properties;
          readonly required: readonly string[];
        }
      ? ObjectOf<Properties, Schema['required'][number]>
      : Schema extends { readonly type: 'array'; readonly items: infer Items }
        ? readonly TypeOf<Items>[]
        : Schema extends { readonly type: readonly ['array', 'null']; readonly items: infer Items }
          ? readonly TypeOf<Items>[] | null
          : Schema extends { readonly type: keyof Scalars }
            ? Scalars[Schema['type']]
            : never;

interface Scalars {
  string: string;
  integer: number;
  boolean: boolean;
}

type ObjectOf<Properties, Required> = {
  readonly [Name in keyof Properties as Name extends Required ? Name : never]: TypeOf<Properties[Name]>;
} & {
  readonly [Name in keyof Properties as Name extends Required ? never : Name]?: TypeOf<Properties[Name]>;
};
