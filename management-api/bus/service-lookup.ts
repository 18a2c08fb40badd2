/** Where services are found by their id, those of the configuration and those of the store. */
export interface ServiceLookup {
  find(id: string): Promise<{ id: string; name: string; key: string } | undefined>;
}
