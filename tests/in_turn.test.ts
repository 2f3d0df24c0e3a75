import { describe, expect, it } from "vitest";
import { inTurn } from "../src/servers/source/in_turn.ts";

describe("inTurn()", () => {
  it("starts a call when those before it have ended, and goes on after one that failed", async () => {
    const turn = inTurn();
    const said: string[] = [];
    const call = (name: string, end: Promise<unknown>) =>
      turn(async () => {
        said.push(`${name} begins`);
        await end;
        said.push(`${name} ends`);
        return name;
      });
    const gate = Promise.withResolvers<void>();
    const first = call("first", gate.promise);
    const second = call("second", Promise.reject(new Error("no")));
    const third = call("third", Promise.resolve());
    second.catch(() => {});
    gate.resolve();
    expect(await first).toBe("first");
    await expect(second).rejects.toThrow("no");
    expect(await third).toBe("third");
    expect(said).toEqual([
      ...["first begins", "first ends", "second begins"],
      ...["third begins", "third ends"],
    ]);
  });
});
