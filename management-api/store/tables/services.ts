import { PorticoError } from '../../../common/contract/errors.ts';
import type { RoomId } from '../../../common/contract/ids.ts';
import { change, type Database } from '../database/database.ts';
import type { Seal } from '../seal.ts';
import type { Service, Services } from '../store.ts';
import { buryRooms } from './rooms.ts';

interface ServiceRow {
  id: string;
  name: string;
  sealed_key: string;
  created_at: number;
}

/** What a service takes along. The audit log stays, and so do revocations: they end by themselves. */
const belongings = ['webhooks', 'tokens', 'idempotency'];

export class ServiceTable implements Services {
  readonly #database: Database;
  readonly #seal: Seal;

  constructor(database: Database, seal: Seal) {
    this.#database = database;
    this.#seal = seal;
  }

  async list(): Promise<Service[]> {
    const rows = await this.#database.read<ServiceRow>('SELECT * FROM services ORDER BY id');
    return rows.map((row) => this.#read(row));
  }

  async get(id: string): Promise<Service | undefined> {
    const [row] = await this.#database.read<ServiceRow>('SELECT * FROM services WHERE id = ?', [id]);
    return row === undefined ? undefined : this.#read(row);
  }

  async create({ id, name, key }: { id: string; name: string; key: string }): Promise<Service> {
    const createdAt = Date.now();
    const done = await this.#database.write([
      {
        sql: 'INSERT INTO services (id, name, sealed_key, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        values: [id, name, this.#seal.close(key, sealedFor(id)), createdAt],
        needed: true,
      },
    ]);
    if (done === undefined) {
      throw new PorticoError('service_exists', `a service with the name '${name}' or the id '${id}' exists`, {
        field: 'name',
      });
    }
    return { id, name, key, createdAt };
  }

  async setKey(id: string, key: string): Promise<Service | undefined> {
    const sql = 'UPDATE services SET sealed_key = ? WHERE id = ?';
    const changed = await change(this.#database, sql, [this.#seal.close(key, sealedFor(id)), id]);
    return changed === 0 ? undefined : await this.get(id);
  }

  async delete(id: string): Promise<RoomId[] | undefined> {
    const done = await this.#database.write([
      { sql: 'DELETE FROM services WHERE id = ?', values: [id], needed: true },
      { sql: 'UPDATE rooms SET version = version + 1 WHERE service = ?', values: [id] },
      buryRooms('service = ?', [id], Date.now()),
      { sql: 'DELETE FROM rooms WHERE service = ? RETURNING id', values: [id] },
      ...belongings.map((table) => ({ sql: `DELETE FROM ${table} WHERE service = ?`, values: [id] })),
    ]);
    const rooms = done?.[3]?.rows as { id: RoomId }[] | undefined;
    return rooms?.map((room) => room.id);
  }

  #read({ id, name, sealed_key: sealed, created_at: createdAt }: ServiceRow): Service {
    return { id, name, key: this.#seal.open(sealed, sealedFor(id)), createdAt };
  }
}

const sealedFor = (id: string): string => `service:${id}`;
