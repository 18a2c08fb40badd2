/** A client of Engine.IO 3 (Socket.IO 1 and 2) that polls over plain HTTP, as OWT's older SDKs do. */
export class PollingClient {
  /** What the server answers on each request. */
  readonly headers: Headers[] = [];
  readonly #url: string;
  readonly #origin: string;
  #waiting: string[] = [];
  #acks = 0;

  static async connect(url: string, origin = 'https://app.example.com'): Promise<PollingClient> {
    const client = new PollingClient(`${url}/socket.io/?EIO=3&transport=polling`, origin);
    const [open] = await client.#poll();
    const { sid } = JSON.parse(open!.slice(1)) as { sid: string };
    const connected = new PollingClient(`${url}/socket.io/?EIO=3&transport=polling&sid=${sid}`, origin);
    connected.headers.push(...client.headers);
    await connected.packet('40');
    return connected;
  }

  private constructor(url: string, origin: string) {
    this.#url = url;
    this.#origin = origin;
  }

  /** Engine.IO session id; whoever knows it can read and send in this client's name. */
  get sid(): string {
    return new URL(this.#url).searchParams.get('sid') ?? '';
  }

  async request(event: string, input: unknown): Promise<[status: string, data: unknown]> {
    this.#acks += 1;
    const id = String(this.#acks);
    await this.post(`42${id}${JSON.stringify([event, input])}`);
    const answer = await this.packet(`43${id}[`);
    return JSON.parse(answer.slice(2 + id.length)) as [string, unknown];
  }

  /** The next packet that starts like this; those before it are lost. */
  async packet(start: string): Promise<string> {
    for (;;) {
      if (this.#waiting.length === 0) this.#waiting = await this.#poll();
      const packet = this.#waiting.shift();
      if (packet?.startsWith(start) === true) return packet;
    }
  }

  async post(packet: string): Promise<number> {
    const body = `${String(packet.length)}:${packet}`;
    const headers = { 'content-type': 'text/plain;charset=UTF-8', origin: this.#origin };
    const response = await fetch(this.#url, { method: 'POST', body, headers });
    this.headers.push(response.headers);
    await response.text();
    return response.status;
  }

  async #poll(): Promise<string[]> {
    const response = await fetch(this.#url, { headers: { origin: this.#origin } });
    this.headers.push(response.headers);
    const text = await response.text();
    if (!response.ok) throw new Error(`poll: ${String(response.status)} ${text}`);
    const packets: string[] = [];
    for (let at = 0; at < text.length;) {
      const colon = text.indexOf(':', at);
      const end = colon + 1 + Number(text.slice(at, colon));
      packets.push(text.slice(colon + 1, end));
      at = end;
    }
    return packets;
  }
}
