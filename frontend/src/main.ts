/* What makes the pages quicker to use. Each module looks for its own element and does nothing where there is none. */
import { setUpCopying } from "./copy";
import { setUpDrafts } from "./drafts";
import { setUpKeys } from "./keys";
import { setUpMenu } from "./menu";
import { setUpPreview } from "./preview";
import { setUpReading } from "./reading";
import { setUpThemes } from "./themes";
import { setUpTicking } from "./ticking";
import { setUpUpload } from "./upload";

for (const setUp of [setUpCopying, setUpDrafts, setUpKeys, setUpMenu, setUpPreview, setUpReading, setUpThemes, setUpTicking, setUpUpload]) {
  setUp();
}
