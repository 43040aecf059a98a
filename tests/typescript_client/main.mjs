// SPDX-License-Identifier: BSL-1.0
// usage: node main.mjs BASE_URL
import { check } from "./out/client.js";

await check(process.argv[2]);
