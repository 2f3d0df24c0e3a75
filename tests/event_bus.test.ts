/** Observers see what happens in order, and whatever they do changes nothing. */
import { describe, expect, it } from "vitest";
import { EventBus, type ProgressEvent } from "../src/actors/event_bus.ts";

const figures = { total: 1, done: 0, failed: 0, costs: {} };
const stamp = { jobId: "j", run: 1, at: "2026-01-02T03:04:05.678Z" };

function rowEvent(sequence: number): ProgressEvent {
  return { ...stamp, sequence, type: "row_started", rowNumber: sequence };
}

function batchEvent(sequence: number): ProgressEvent {
  return { ...stamp, sequence, type: "batch_completed", figures };
}

/** An observer that waits before its first event until it is let go. */
function slowObserver(): {
  seen: number[];
  observe(event: ProgressEvent): Promise<void>;
  go(): void;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  const seen: number[] = [];
  return {
    seen,
    async observe({ sequence }) {
      await promise;
      seen.push(sequence);
    },
    go: resolve,
  };
}

const limitMs = 5_000;

describe("EventBus", () => {
  it("hands every observer each event once, in order", async () => {
    const bus = new EventBus();
    const [one, two]: [number[], number[]] = [[], []];
    bus.subscribe(({ sequence }) => void one.push(sequence));
    bus.subscribe(async ({ sequence }) => {
      await Promise.resolve();
      two.push(sequence);
    });
    const sent = Array.from({ length: 500 }, (_, index) => index + 1);
    for (const sequence of sent) bus.publish(rowEvent(sequence));
    await bus.drain(limitMs);
    expect([one, two]).toEqual([sent, sent]);
  });

  it("never calls an observer inside publish", () => {
    const bus = new EventBus();
    const seen: number[] = [];
    bus.subscribe(({ sequence }) => void seen.push(sequence));
    bus.publish(rowEvent(1));
    // The machine's step is not over yet.
    expect(seen).toEqual([]);
  });

  it("calls an observer with one event at a time, even one that publishes", async () => {
    const bus = new EventBus();
    const log: string[] = [];
    bus.subscribe(async ({ sequence }) => {
      log.push(`begin ${sequence}`);
      if (sequence < 3) bus.publish(rowEvent(sequence + 1));
      await Promise.resolve();
      log.push(`end ${sequence}`);
    });
    bus.publish(rowEvent(1));
    await bus.drain(limitMs);
    expect(log).toEqual(["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]);
  });

  it("does not let a slow observer hold up another one", async () => {
    const bus = new EventBus();
    const slow = slowObserver();
    const seen: number[] = [];
    bus.subscribe(slow.observe);
    const isThere = new Promise<void>((resolve) =>
      bus.subscribe(({ sequence }) => {
        seen.push(sequence);
        if (sequence === 3) resolve();
      })
    );
    for (const sequence of [1, 2, 3]) bus.publish(rowEvent(sequence));
    await isThere;
    expect([seen, slow.seen]).toEqual([[1, 2, 3], []]);
    slow.go();
    await bus.drain(limitMs);
    expect(slow.seen).toEqual([1, 2, 3]);
  });

  it("bounds the queue of a slow observer, and never loses the batch's own events", async () => {
    const bus = new EventBus();
    const slow = slowObserver();
    bus.subscribe(slow.observe);
    for (let sequence = 1; sequence <= 5_000; sequence++) bus.publish(rowEvent(sequence));
    bus.publish(batchEvent(5_001));
    slow.go();
    await bus.drain(limitMs);
    expect(slow.seen.at(-1)).toBe(5_001);
    expect(slow.seen.length).toBeLessThan(1_010);
    // What it has is the beginning, in order and without a gap, and then the end.
    expect(slow.seen.slice(0, -1)).toEqual(slow.seen.slice(0, -1).map((_, index) => index + 1));
  });

  it("goes on after an observer that throws or rejects, for it and for all others", async () => {
    const bus = new EventBus();
    const seen: string[] = [];
    bus.subscribe(({ sequence }) => {
      seen.push(`throws ${sequence}`);
      throw new Error("broken");
    });
    bus.subscribe(({ sequence }) => {
      seen.push(`rejects ${sequence}`);
      return Promise.reject(new Error("broken"));
    });
    bus.subscribe(({ sequence }) => void seen.push(`works ${sequence}`));
    bus.publish(rowEvent(1));
    bus.publish(batchEvent(2));
    await bus.drain(limitMs);
    expect(seen.toSorted()).toEqual([
      "rejects 1",
      "rejects 2",
      "throws 1",
      "throws 2",
      "works 1",
      "works 2",
    ]);
  });

  it("hands out nothing more after unsubscribing, not even what waits", async () => {
    const bus = new EventBus();
    const slow = slowObserver();
    const unsubscribe = bus.subscribe(slow.observe);
    for (const sequence of [1, 2, 3]) bus.publish(rowEvent(sequence));
    // The first one is in its hands when it leaves.
    await Promise.resolve();
    unsubscribe();
    bus.publish(rowEvent(4));
    slow.go();
    const last = new Promise<void>((resolve) => bus.subscribe(() => resolve()));
    bus.publish(rowEvent(5));
    await last;
    await bus.drain(limitMs);
    expect(slow.seen).toEqual([1]);
  });

  it("keeps two subscriptions of one observer apart", async () => {
    const bus = new EventBus();
    const seen: number[] = [];
    const observe = ({ sequence }: ProgressEvent) => void seen.push(sequence);
    const unsubscribe = bus.subscribe(observe);
    bus.subscribe(observe);
    bus.publish(rowEvent(1));
    await bus.drain(limitMs);
    expect(seen).toEqual([1, 1]);
    unsubscribe();
    unsubscribe();
    bus.publish(rowEvent(2));
    await bus.drain(limitMs);
    expect(seen).toEqual([1, 1, 2]);
  });

  it("waits at the end for observers that are slow, but not for one that never returns", async () => {
    const bus = new EventBus();
    const seen: number[] = [];
    bus.subscribe(() => new Promise(() => {}));
    bus.subscribe(({ sequence }) => void seen.push(sequence));
    bus.publish(rowEvent(1));
    await bus.drain(1);
    expect(seen).toEqual([1]);
  });

  it("has nothing to wait for without events or observers", async () => {
    const bus = new EventBus();
    await bus.drain(limitMs);
    bus.publish(rowEvent(1));
    bus.subscribe(() => new Promise(() => {}));
    await bus.drain(limitMs);
  });
});
