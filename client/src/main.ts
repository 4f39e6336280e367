import { readPage } from "./page.ts";
import { start } from "./start.ts";

const page = readPage();
if (page) start(page);
