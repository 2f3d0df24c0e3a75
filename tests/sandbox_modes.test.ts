/** The sandbox as UPS's test environment, packages voided one by one, faults of questions, its port. */
import { describe, expect, it } from "vitest";
import { projectFolder } from "./helpers/cli.ts";
import { temporaryFolder, writeText } from "./helpers/folders.ts";
import { soldIn } from "./helpers/ledger.ts";
import { startSandbox } from "./helpers/servers.ts";
import { ask, call, codesIn, paths } from "./helpers/ups_calls.ts";
import { byReference, domestic, international, rateOf, recovery } from "./helpers/ups_requests.ts";

/** How a person starts it, with the permissions of production. */
function sandboxArguments(folder: string, ...args: string[]): string[] {
  return [
    ...["run", "--quiet", "--no-prompt", "--cached-only", `--config=${projectFolder}/deno.json`],
    ...["--allow-net=127.0.0.1", `--allow-read=${folder}`, `--allow-write=${folder}`],
    ...[`${projectFolder}/src/servers/sandbox/main.ts`, "--dir", folder, ...args],
  ];
}

/** Runs the sandbox until it ends by itself. */
async function runSandbox(folder: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: sandboxArguments(folder, ...args),
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out ?? "", error: error ?? "" };
}

describe("deno task sandbox", () => {
  it("says which port is taken, and what to do", async () => {
    using folder = temporaryFolder();
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const { code, out, error } = await runSandbox(folder.path, "--port", String(port));
    expect([code, out]).toEqual([2, ""]);
    expect(error).toContain(`Cannot listen on 127.0.0.1:${port}: another program does`);
    expect(error).toContain("--port");
  });

  it("says in words where its page is, beside one line of JSON for programs", async () => {
    using folder = temporaryFolder();
    const child = new Deno.Command(Deno.execPath(), {
      args: sandboxArguments(folder.path, "--port", "0"),
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const first = await child.stdout.getReader().read();
    const { url } = JSON.parse(new TextDecoder().decode(first.value));
    expect(await (await fetch(url)).text()).toContain("Nothing was bought here yet");
    child.kill("SIGTERM");
    const words = await new Response(child.stderr).text();
    expect(words).toContain(`The UPS sandbox is at ${url}\n`);
    expect(words).toContain(`UPS_SANDBOX_URL=${url} deno task run demo\n`);
    expect((await child.status).code).toBe(0);
  });

  it("says what is wrong with an option, and has a usual port", async () => {
    using folder = temporaryFolder();
    const [port, mode, help] = await Promise.all([
      runSandbox(folder.path, "--port", "http"),
      runSandbox(folder.path, "--mode", "test"),
      runSandbox(folder.path, "--help"),
    ]);
    expect([port.code, port.error]).toEqual([
      2,
      "waybill-sandbox: --port http is no port: 0 (any) to 65535\n",
    ]);
    expect([mode.code, mode.error]).toEqual([
      2,
      "waybill-sandbox: --mode test is none: production or cie\n",
    ]);
    expect([help.code, help.out.includes("port 8730")]).toEqual([0, true]);
  });
});

describe("a sandbox in the mode of UPS's test environment", () => {
  it("gives everything the same number, and finds nothing again", async () => {
    using folder = temporaryFolder();
    await using sandbox = await startSandbox(folder.path, ["--mode", "cie"]);
    const number = "1ZXXXXXXXXXXXXXXXX";
    for (const reference of ["KEY00001", "KEY00002"]) {
      const { body } = await ask(sandbox.url, paths.ship, domestic({ reference }));
      expect(body.ShipmentResponse.ShipmentResults.ShipmentIdentificationNumber).toBe(number);
    }
    const recovered = [byReference("KEY00001"), { TrackingNumber: number }];
    for (const by of recovered) {
      const answer = await ask(sandbox.url, paths.recovery, recovery(by, "ZPL"));
      expect(codesIn(answer)).toEqual(["9801031"]);
    }
    const voided = await call(sandbox.url, `${paths.voiding}/${number}`, { method: "DELETE" });
    expect(codesIn(voided)).toEqual(["190102"]);
    expect(codesIn(await ask(sandbox.url, `${paths.track}/${number}`))).toEqual(["TW0001"]);
    // Its page still tells them apart.
    const page = await (await fetch(`${sandbox.url}/shipments/1`)).text();
    expect(page).toContain("KEY00001");
  });
});

describe("a void of packages", () => {
  it("leaves the others alive, across the sandbox's own death", async () => {
    using folder = temporaryFolder();
    const remove = (url: string, query: string) =>
      call(url, `${paths.voiding}/${query}`, { method: "DELETE" });
    const live = async (url: string) =>
      (await (await fetch(`${url}/ledger/live-labels`)).json()).orders[0];
    let numbers: string[] = [];
    {
      await using sandbox = await startSandbox(folder.path);
      await ask(sandbox.url, paths.ship, domestic({ weights: ["1", "2", "3"] }));
      numbers = soldIn(folder.path)[0]?.tracking_numbers ?? [];
      const list = JSON.stringify([numbers[1], "1ZA1B2C30399999999"]);
      const query = `${numbers[0]}?trackingnumber=${encodeURIComponent(list)}`;
      const { body } = await remove(sandbox.url, query);
      expect(body.VoidShipmentResponse.PackageLevelResults).toMatchObject([
        { TrackingNumber: numbers[1], Status: { Code: "1" } },
        { TrackingNumber: "1ZA1B2C30399999999", Status: { Code: "0" } },
      ]);
    }
    await using sandbox = await startSandbox(folder.path);
    expect(await live(sandbox.url)).toMatchObject({ live_shipments: 1, live_labels: 2 });
    const again = async (TrackingNumber = "") =>
      await ask(sandbox.url, paths.recovery, recovery({ TrackingNumber }, "ZPL"));
    expect(codesIn(await again(numbers[1]))).toEqual(["9801040"]);
    const { body } = await again(numbers[2]);
    expect(body.LabelRecoveryResponse.LabelResults).toMatchObject([
      { TrackingNumber: numbers[0] },
      { TrackingNumber: numbers[2] },
    ]);
    expect((await remove(sandbox.url, numbers[0] ?? "")).status).toBe(200);
    expect(await live(sandbox.url)).toMatchObject({ live_labels: 0, voided_shipments: 1 });
    expect(codesIn(await remove(sandbox.url, numbers[0] ?? ""))).toEqual(["190117"]);
  });

  it("is refused for what crosses a border, and for what is no list", async () => {
    using folder = temporaryFolder();
    await using sandbox = await startSandbox(folder.path);
    await ask(sandbox.url, paths.ship, international({ weights: ["1", "2"] }));
    const [first = "", second] = soldIn(folder.path)[0]?.tracking_numbers ?? [];
    const codeOf = async (number: string) => {
      const path = `${paths.voiding}/${first}?trackingnumber=${number}`;
      return codesIn(await call(sandbox.url, path, { method: "DELETE" }));
    };
    expect(await codeOf(second ?? "")).toEqual(["190113"]);
    expect(await codeOf("[1]")).toEqual(["190100"]);
  });
});

describe("the plan of faults", () => {
  it("spoils rates and addresses in turn, and tracking with a warning", async () => {
    using folder = temporaryFolder();
    await using sandbox = await startSandbox(folder.path);
    const plan = {
      rate: ["503", "none", "429"],
      validate: ["429"],
      find: { "ORDER-1001": [{ fault: "warning", times: 1 }] },
    };
    writeText(`${folder.path}/faults.json`, JSON.stringify(plan));
    const rated = async () => {
      const { status } = await fetch(`${sandbox.url}${paths.rating}/Rate`, {
        method: "POST",
        headers: { authorization: `Bearer sandbox.${Date.now() + 60_000}` },
        body: JSON.stringify(rateOf(domestic())),
      });
      return status;
    };
    expect([await rated(), await rated(), await rated(), await rated()])
      .toEqual([503, 200, 429, 200]);
    const key = { AddressLine: ["1 Main St"], PostcodePrimaryLow: "78701", CountryCode: "US" };
    const validated = () =>
      ask(sandbox.url, `${paths.validation}/1`, { XAVRequest: { AddressKeyFormat: key } });
    expect(codesIn(await validated())).toEqual(["10429"]);
    expect((await validated()).status).toBe(200);
    await ask(sandbox.url, paths.ship, domestic());
    const tracked = () => ask(sandbox.url, `${paths.trackReference}/KEY00001`);
    expect((await tracked()).body.trackResponse.shipment[0].warnings).toMatchObject([
      { code: "TW0001" },
    ]);
    expect((await tracked()).body.trackResponse.shipment[0].package).toHaveLength(1);
  });

  it("tracks only for who names the request and the program", async () => {
    using folder = temporaryFolder();
    await using sandbox = await startSandbox(folder.path);
    const path = `${paths.track}/1ZA1B2C30300000012`;
    const nameless = await call(sandbox.url, path, { headers: { transId: "" } });
    expect([nameless.status, nameless.body.response.errors[0].message]).toEqual([
      400,
      "Missing required header: transId",
    ]);
    const short = await ask(sandbox.url, `${paths.track}/1Z`);
    expect([short.status, codesIn(short)]).toEqual([400, ["TV1002"]]);
  });
});
