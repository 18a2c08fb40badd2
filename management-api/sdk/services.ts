import type { NewService, Service, ServiceCreation } from '../schemas/services.ts';
import type { Transport } from './transport.ts';

/** Services; for the super service. */
export class AdminServices {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The answer is the only one that holds the key. @throws PorticoAdminError `service_exists` */
  async create(service: ServiceCreation): Promise<NewService> {
    const request = { method: 'POST', path: ['services'], body: service, repeat: 'keyed' } as const;
    return (await this.#transport.json<NewService>(request)).data;
  }

  async list(): Promise<Service[]> {
    return (await this.#transport.json<Service[]>({ method: 'GET', path: ['services'] })).data;
  }

  /** @throws PorticoAdminError `service_not_found` */
  async get(id: string): Promise<Service> {
    return (await this.#transport.json<Service>({ method: 'GET', path: ['services', id] })).data;
  }

  /** Another key, made up when absent; the answer is the only one that holds it. @throws PorticoAdminError `service_not_found` */
  async rotate(id: string, key?: string): Promise<NewService> {
    const body = key === undefined ? {} : { key };
    const request = { method: 'POST', path: ['services', id, 'key'], body, repeat: 'keyed' } as const;
    return (await this.#transport.json<NewService>(request)).data;
  }

  /** With all of its rooms. */
  async delete(id: string): Promise<void> {
    await this.#transport.done({ method: 'DELETE', path: ['services', id] });
  }
}
