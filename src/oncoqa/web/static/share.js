// @ts-check
// A shared copy: nothing to ask, citations to copy.

import { enableCopying } from "./copy.js";

enableCopying();
