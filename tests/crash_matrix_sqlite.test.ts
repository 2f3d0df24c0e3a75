/**
 * Every point of the crash matrix (ups.md, 2.5), on SQLite: real processes, real SIGKILL at exactly that
 * point, of the runner, the UPS server, the source server, the sandbox, or of all together. What is
 * killed is started again, the runner by the same command, until the batch is done.
 *
 * With `WAYBILL_TEST_KILLS=all` everybody is killed at every point.
 */
import { describe } from "vitest";
import { crashMatrix } from "./helpers/crash_matrix.ts";
import { itSideBySide } from "./helpers/side_by_side.ts";

describe("a batch on sqlite", () => itSideBySide(crashMatrix("sqlite")));
