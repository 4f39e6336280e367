import { readPage } from "./page.ts";
import { onceShown, start } from "./start.ts";

const page = readPage();
if (page) onceShown(() => start(page));
