/* What makes the pages quicker to use. Each module looks for its own element and does nothing where there is none. */
import { setUpBack } from "./back";
import { setUpCopying } from "./copy";
import { setUpDrafts } from "./drafts";
import { setUpDropping } from "./dropping";
import { setUpKeys } from "./keys";
import { setUpMenu } from "./menu";
import { setUpPreview } from "./preview";
import { setUpReading } from "./reading";
import { setUpThemes } from "./themes";
import { setUpTicking } from "./ticking";
import { setUpUpload } from "./upload";

for (const setUp of [setUpBack, setUpCopying, setUpDrafts, setUpDropping, setUpKeys, setUpMenu, setUpPreview, setUpReading, setUpThemes, setUpTicking, setUpUpload]) {
  setUp();
}
