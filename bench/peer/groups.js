const MAX_ROWS = 64;

/** Greedy groups: what is there when one can be taken in hand. Acks in the order of deliveries. */
export class Groups {
  #waiting = [];
  #first = 0;
  #inHand = 0;
  #unacked = [];
  #scheduled = false;

  /**
   * @param {number} inFlight how many groups are in hand at a time
   * @param {(group: object[]) => Promise<void>} serve resolves when the group's deliveries may be acked
   * @param {(delivery: object) => void} ack acks a delivery and all before it
   */
  constructor(inFlight, serve, ack) {
    this.inFlight = inFlight;
    this.serve = serve;
    this.ack = ack;
  }

  add(job) {
    this.#waiting.push(job);
    // Deliveries that came in one read of the socket are added one after the other: wait for the last of them.
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#start();
      });
    }
  }

  #start() {
    while (this.#inHand < this.inFlight && this.#first < this.#waiting.length) {
      this.#serve(this.#take());
    }
  }

  #take() {
    let end = this.#first;
    let rows = 0;
    do {
      rows += this.#waiting[end++].rows;
    } while (end < this.#waiting.length && rows + this.#waiting[end].rows <= MAX_ROWS);
    const group = this.#waiting.slice(this.#first, end);
    this.#first = end;
    if (end === this.#waiting.length) {
      this.#waiting.length = this.#first = 0;
    } else if (end >= 1024) {
      this.#waiting.splice(0, end);
      this.#first = 0;
    }
    return group;
  }

  // Nothing is caught: an error ends the process.
  async #serve(group) {
    const turn = { last: group.at(-1).delivery, done: false };
    this.#unacked.push(turn);
    this.#inHand++;
    await this.serve(group);
    this.#inHand--;
    turn.done = true;
    let last;
    while (this.#unacked[0]?.done) {
      last = this.#unacked.shift().last;
    }
    if (last) {
      this.ack(last);
    }
    this.#start();
  }
}
