#!/usr/bin/env python3
"""A chain in OpenCV: opencv.py CHAIN HOW FRAMES INPUT [FOLDER]

CHAIN and INPUT are those of benches/peers; HOW is `reduced` (decoded at 1/2) or `full`, and an interpolation: reduced-area.
With FOLDER the pictures are kept there.
"""
import glob
import os
import sys
import time

import cv2
import numpy as np

FULL_HD = (1920, 1080)
SIZES = {"small": [(640, 360)], "half": [(960, 540)], "raw": [FULL_HD], "sizes": [(1280, 720), (640, 360), (320, 180)]}
HOW = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR}
QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 85]


def main():
    chain, how, frames, given = sys.argv[1:5]
    folder = sys.argv[5] if len(sys.argv) > 5 else None
    cv2.setNumThreads(1)
    scale, interpolation = how.split("-")
    flags = cv2.IMREAD_REDUCED_COLOR_2 if scale == "reduced" else cv2.IMREAD_COLOR
    if chain == "raw":
        raw = np.fromfile(given, np.uint8).reshape(FULL_HD[1], FULL_HD[0], 2)
    else:
        files = sorted(glob.glob(os.path.join(given, "*.jpg")))
    for index in range(int(frames)):
        if chain == "raw":
            decoded = cv2.cvtColor(raw, cv2.COLOR_YUV2BGR_YUYV)
        else:
            decoded = cv2.imdecode(np.fromfile(files[index % len(files)], np.uint8), flags)
        for width, height in SIZES[chain]:
            made = decoded
            if decoded.shape[1] != width:
                made = cv2.resize(decoded, (width, height), interpolation=HOW[interpolation])
            if chain == "small":
                text = time.strftime("%Y-%m-%d %H:%M:%S")
                cv2.putText(made, text, (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 4)
                cv2.putText(made, text, (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
            jpeg = cv2.imencode(".jpg", made, QUALITY)[1]
            if folder:
                jpeg.tofile(os.path.join(folder, f"{width}x{height}-{index + 1:04}.jpg"))


main()
