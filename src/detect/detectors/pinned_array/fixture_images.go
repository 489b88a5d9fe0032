// Faces that were cut out of photos by SubImage, and faces that were drawn to images of their own.
//
// expects: proven
package pinned_array_images

import (
	"image"
	"image/draw"
)

var faces, drawn []image.Image

func photo() *image.RGBA {
	photo := image.NewRGBA(image.Rect(0, 0, 200, 200))
	for i := range photo.Pix {
		photo.Pix[i] = byte(i)
	}
	return photo
}

func face() image.Image { return photo().SubImage(image.Rect(50, 60, 66, 76)) }

func Fault() {
	for i := 0; i < 100; i++ {
		faces = append(faces, face())
	}
}

func Twin() {
	for i := 0; i < 100; i++ {
		part := face()
		own := image.NewRGBA(image.Rect(0, 0, 16, 16))
		draw.Draw(own, own.Rect, part, part.Bounds().Min, draw.Src)
		drawn = append(drawn, own)
	}
}
