/**
 * Where a pipeline reads which provider a call goes to, and says how the call went: one for each pipeline.
 *
 * Nothing is taken, and nothing said, for a call that does not read its provider.
 */
export interface ProviderSeat {
  /** The provider in force; undefined where the component has none. */
  readonly current: string | undefined;
  /** The provider for one call, which may be a trial of a better one. in  call   who asks, and later settles */
  take(call: object): string | undefined;
  /** in  succeeded   null for a call that says nothing about the provider */
  settle(call: object, provider: string, succeeded: boolean | null): void;
}
